using System;
using System.Collections.Generic;

namespace Winnow.Cache.Policies;

/// <summary>Keeps the first tokens (attention sinks) and the last ones; positions are those in the cache.</summary>
/// <remarks>
/// <para>Source: Xiao et al. 2023, "Efficient Streaming Language Models with Attention Sinks", arXiv:2309.17453, section 3.2.</para>
/// <para>Inputs: positions. Output: slots [0, sinks) and the last budget - sinks. State: the positions held, host. Cost: O(budget) on the host, and one
/// rotation of the kept keys whose place has changed.</para>
/// <para>Differs from the paper: the cache is cut after a step to the budget, not before it to the budget less the coming tokens; keys are rotated
/// once more where they lie instead of being kept before RoPE. That rounds them each time, so slots leave a page at a time instead of one by one, and the first tokens'
/// keys drift over very long texts in 16-bit caches (BF16 about 5 % after 1,600 tokens at the default interval, F16 about 1 %): use F32 there. Not for: layers with a window of their own.</para>
/// </remarks>
public sealed class StreamingLlmPolicy : PositionPolicy
{
    private readonly bool _relative;

    /// <summary>Makes it.</summary>
    /// <param name="budget">How much stays.</param>
    /// <param name="sinks">How many first tokens stay. Default: 4.</param>
    /// <param name="relative">Whether positions are those in the cache, so that texts may be of any length. Default: true.</param>
    /// <param name="interval">Decoded tokens between two evictions. Default: 16, a page.</param>
    public StreamingLlmPolicy(KvBudget budget, int? sinks = null, bool? relative = null, int? interval = null)
        : base(Description, budget)
    {
        SinkTokens = sinks ?? 4;
        ArgumentOutOfRangeException.ThrowIfNegative(SinkTokens, nameof(sinks));
        ArgumentOutOfRangeException.ThrowIfLessThan(interval ?? 1, 1, nameof(interval));
        (_relative, Interval) = (relative ?? true, interval ?? 16);
    }

    /// <summary>What there is to say about it.</summary>
    public static KvPolicyInfo Description { get; } = new("streamingllm", "keeps the first tokens and the last ones", "Xiao et al. 2023, arXiv:2309.17453")
    {
        Options =
        [
            new("sinks", "4", "first tokens that stay"),
            new("relative", "true", "positions in the cache instead of the text's"),
            new("interval", "16", "decoded tokens between two evictions"),
        ],
    };

    /// <inheritdoc/>
    protected internal override int SinkTokens { get; }

    /// <inheritdoc/>
    protected internal override int RecentTokens => 1;

    /// <inheritdoc/>
    protected internal override int Interval { get; }

    /// <inheritdoc/>
    protected internal override KvPositions Positions => _relative ? KvPositions.CacheRelative : KvPositions.Original;

    /// <inheritdoc/>
    protected override void Keep(KvPass pass, ReadOnlySpan<int> positions, List<int> kept)
    {
        int recent = pass.Slots - SinkTokens;
        for (int slot = 0; slot < positions.Length; slot++)
        {
            if (slot < SinkTokens || slot >= positions.Length - recent)
            {
                kept.Add(slot);
            }
        }
    }
}
