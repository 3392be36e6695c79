using System;
using Winnow.Kernels;
using Winnow.Kernels.Reduction;

namespace Winnow.Cache.Policies;

/// <summary>Keeps the keys that differ most from the others of their head.</summary>
/// <remarks>
/// <para>Source: Park et al. 2025, "KeyDiff: Key Similarity-Based KV Cache Eviction for Long-Context LLM Inference in Resource-Constrained Environments",
/// arXiv:2504.15364, section 3.</para>
/// <para>Inputs: keys as cached, after RoPE. Score: minus the cosine between a key and the mean of the head's normalized keys. Output: the best
/// of all slots, none protected. State: none. Cost: each key is read twice at an eviction; no attention is looked at.</para>
/// <para>Differs from the paper: the blocks of a prompt are the engine's chunks; while decoding, a block is `block` tokens.</para>
/// </remarks>
public sealed class KeyDiffPolicy : LayerPolicy
{
    private readonly int _block;

    /// <summary>Makes it.</summary>
    /// <param name="budget">How much stays.</param>
    /// <param name="block">How many tokens are decoded between two evictions. Default: 128.</param>
    public KeyDiffPolicy(KvBudget budget, int? block = null)
        : base(Description, budget)
    {
        _block = block ?? 128;
        ArgumentOutOfRangeException.ThrowIfLessThan(_block, 1, nameof(block));
    }

    /// <summary>What there is to say about it.</summary>
    public static KvPolicyInfo Description { get; } = new("keydiff", "keeps the keys that differ most from the others", "Park et al. 2025, arXiv:2504.15364")
    {
        Options = [new("block", "128", "decoded tokens between two evictions")],
    };

    /// <inheritdoc/>
    protected internal override int Interval => _block;

    /// <inheritdoc/>
    protected override void ScoreLayer(KvPass pass, int layer, Tensor scores, Tensor lengths)
    {
        IReduction reduction = pass.Device.Reduction;
        Tensor keys = pass.GatherKeys(layer);
        long dim = keys.Shape[2];
        reduction.NormalizeRows(keys.Reshape(new Shape((long)pass.KvHeads * pass.Entries, dim)));
        Tensor anchor = pass.Rent(DType.F32, new Shape(pass.KvHeads, dim));
        reduction.MeanVectors(anchor, keys, lengths);
        reduction.NormalizeRows(anchor);
        reduction.QuadraticForms(scores, keys, default, anchor, a: -1, b: 0, lengths);
    }
}
