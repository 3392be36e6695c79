using System;
using System.Collections.Generic;
using Winnow.Kernels;
using Winnow.Models;

namespace Winnow.Cache.Policies;

/// <summary>Two layers say what matters, and the layers after them read just that: attention is stable from layer to layer.</summary>
/// <remarks>
/// <para>Source: Yang et al. 2024, "TidalDecode: Fast and Accurate LLM Decoding with Position Persistent Sparse Attention", arXiv:2410.05076, section 3.</para>
/// <para>Inputs: attention of the one query of a sequence in the first layer from `start` on and in the `correction` layer, F32 per slot, summed over the query heads of
/// a KV head. Output: for the layers up to the next of these, the budget's slots with most of it and the newest one, per sequence and KV head. Those two layers
/// and those before `start` read everything, and so do prompts. State: none beyond a step. Cost: one pass of signals and one selection in two layers.</para>
/// <para>Differs from the paper: one list for each KV head instead of each query head, by the sum of the group's probabilities, which for a group of one is the order of
/// the logits. No memory is saved. Not for: layers with a window of their own, which read everything of it, and caches that something evicts from.</para>
/// </remarks>
public sealed class TidalDecodePolicy : SparseReadPolicy
{
    private readonly int? _correction;

    /// <summary>Makes it.</summary>
    /// <param name="budget">How many slots the other layers read.</param>
    /// <param name="start">The first layer that selects. Default: 2.</param>
    /// <param name="correction">The layer that selects once more. Default: 13, or the middle of a model with fewer layers.</param>
    public TidalDecodePolicy(KvBudget budget, int? start = null, int? correction = null)
        : base(Description, budget)
    {
        (Start, _correction) = (start ?? 2, correction);
        ArgumentOutOfRangeException.ThrowIfNegative(Start, nameof(start));
        ArgumentOutOfRangeException.ThrowIfLessThan(correction ?? Start, Start, nameof(correction));
    }

    /// <summary>What there is to say about it.</summary>
    public static KvPolicyInfo Description { get; } = new("tidaldecode", "reads in most layers what two layers have selected", "Yang et al. 2024, arXiv:2410.05076")
    {
        ReadsSparsely = true,
        Options =
        [
            new("start", "2", "first layer that selects"),
            new("correction", "13, or the middle", "layer that selects once more"),
        ],
    };

    /// <summary>The first layer that selects.</summary>
    internal int Start { get; }

    /// <inheritdoc/>
    protected internal override IReadOnlyList<string> Planes { get; } = [SlotPlanes.LastRow];

    /// <summary>The layer that selects once more.</summary>
    internal int CorrectionOf(int layers) => _correction ?? (layers > 13 ? 13 : Math.Max(Start, layers / 2));

    /// <inheritdoc/>
    protected internal override SparseReader CreateReader(ComputeDevice device, ModelConfig config, KvCache cache, int maxSequences, int maxTokens) =>
        new TidalDecodeReader(this, device, config, cache, maxSequences);
}
