using System;
using System.Collections.Generic;
using System.Linq;

namespace Winnow.Cache.Policies;

/// <summary>Keeps the first tokens, separators such as full stops and commas, which take in what their segment says, and the last tokens.</summary>
/// <remarks>
/// <para>Source: Chen et al. 2024, "SepLLM: Accelerate Large Language Models by Compressing One Segment into One Separator", arXiv:2412.12094, section 3.</para>
/// <para>Inputs: token ids. Blocks of a head with budget c: [sinks a][separators, the latest s][past window][local window w]. The past window grows with each token
/// until the budget is full; then its separators join the others and the rest of it leaves. The training-free form has no room for a past window (slack 0): it evicts at every
/// step. The streaming form gives it a share of the budget, and positions are those in the cache. State: the positions held, host.
/// Cost: O(budget) on the host at an eviction.</para>
/// <para>Differs from the paper: sizes are shares of the budget; every sequence keeps its own number of separators (the authors cut a batch to
/// the fewest); separators are the tokens that consist of . , ? ! ; : and white space alone, unless ids are given; keys are rotated once more where they lie.</para>
/// </remarks>
public sealed class SepLlmPolicy : PositionPolicy
{
    private readonly float _separators;
    private readonly float _slack;
    private readonly bool _relative;
    private readonly HashSet<int>? _ids;

    /// <summary>Makes it.</summary>
    /// <param name="budget">How much stays.</param>
    /// <param name="sinks">How many first tokens stay. Default: 4.</param>
    /// <param name="separators">The share of the budget for separators. Default: 0.25.</param>
    /// <param name="streaming">Whether it is the streaming form. Default: false.</param>
    /// <param name="slack">The share of the budget for the past window. Default: 0, in the streaming form 0.2.</param>
    /// <param name="ids">Token ids of separators. Default: what the tokenizer says.</param>
    public SepLlmPolicy(
        KvBudget budget, int? sinks = null, float? separators = null, bool? streaming = null, float? slack = null, IReadOnlyList<int>? ids = null)
        : base(Description, budget)
    {
        SinkTokens = sinks ?? 4;
        _relative = streaming ?? false;
        (_separators, _slack) = (separators ?? 0.25f, slack ?? (_relative ? 0.2f : 0));
        _ids = ids is null ? null : [.. ids];
        ArgumentOutOfRangeException.ThrowIfNegative(SinkTokens, nameof(sinks));
        if (!(_separators >= 0 && _slack >= 0 && _separators + _slack < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(separators), _separators, "The shares of separators and of the past window are 0 or more and together below 1.");
        }
    }

    /// <summary>What there is to say about it.</summary>
    public static KvPolicyInfo Description { get; } = new("sepllm", "keeps first tokens, separators and the last tokens", "Chen et al. 2024, arXiv:2412.12094")
    {
        Options =
        [
            new("sinks", "4", "first tokens that stay"),
            new("separators", "0.25", "share of the budget for separators"),
            new("streaming", "false", "positions in the cache, and a past window"),
            new("slack", "0 (streaming: 0.2)", "share of the budget for the past window"),
            new("ids", "the tokenizer's", "token ids of separators, with / between them"),
        ],
    };

    /// <inheritdoc/>
    protected internal override int SinkTokens { get; }

    /// <inheritdoc/>
    protected internal override int RecentTokens => 1;

    /// <inheritdoc/>
    protected internal override KvPositions Positions => _relative ? KvPositions.CacheRelative : KvPositions.Original;

    /// <inheritdoc/>
    protected override void Keep(KvPass pass, ReadOnlySpan<int> positions, List<int> kept)
    {
        // Of the smallest budgets nothing is left for separators: the newest token stays.
        int most = Math.Min((int)(_separators * pass.Slots), pass.Slots - SinkTokens - 1);
        int window = Math.Max(1, pass.Slots - SinkTokens - most - (int)(_slack * pass.Slots));
        IReadOnlySet<int> separators = _ids ?? pass.Model.Separators;
        int end = Math.Max(Math.Min(SinkTokens, positions.Length), positions.Length - window);
        for (int slot = end - 1; slot >= SinkTokens && most > 0; slot--)
        {
            if (separators.Contains(pass.Tokens[positions[slot]]))
            {
                kept.Add(slot);
                most--;
            }
        }

        kept.AddRange(Enumerable.Range(0, Math.Min(SinkTokens, positions.Length)));
        kept.Sort();
        kept.AddRange(Enumerable.Range(end, positions.Length - end));
    }
}
