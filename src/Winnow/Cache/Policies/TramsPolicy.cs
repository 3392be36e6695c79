using System;
using Winnow.Kernels;
using Winnow.Kernels.Reduction;

namespace Winnow.Cache.Policies;

/// <summary>Keeps the last tokens and, of the others, those whose keys are large in the space of the model's hidden rows, whatever is asked.</summary>
/// <remarks>
/// <para>Source: Yu et al. 2023, "TRAMS: Training-free Memory Selection for Long-range Language Modeling", arXiv:2310.15494, section 3.</para>
/// <para>Inputs: keys, positions, and the query matrix. With K' = Wq_h^T k of a query head, score = ||K'|| |sum of K'|, mean over the query heads of the KV
/// head. Output: the last `recent` share of the budget and the best of the others. State: none; for each engine, Wq Wq^T and Wq 1 of all heads,
/// layers * heads * headDim^2 floats. Cost: keys are rotated back and multiplied by a matrix of headDim^2 for each query head, at an eviction.</para>
/// <para>Differs from the paper: made for rotary embeddings: keys are taken as they were before the rotation, and what is kept keeps its true position. Norms
/// and biases of queries are not looked at. One decision for each KV head.</para>
/// </remarks>
public sealed class TramsPolicy : LayerPolicy
{
    private readonly float _recent;

    /// <summary>Makes it.</summary>
    /// <param name="budget">How much stays.</param>
    /// <param name="recent">The share of the budget that the last tokens have. Default: 0.75.</param>
    public TramsPolicy(KvBudget budget, float? recent = null)
        : base(Description, budget)
    {
        _recent = recent ?? 0.75f;
        if (!(_recent is >= 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(recent), _recent, "The share of the last tokens is 0 or more and below 1.");
        }
    }

    /// <summary>What there is to say about it.</summary>
    public static KvPolicyInfo Description { get; } = new("trams", "keeps the last tokens and keys that are large to any query", "Yu et al. 2023, arXiv:2310.15494")
    {
        Options = [new("recent", "0.75", "share of the budget for the last tokens")],
    };

    /// <inheritdoc/>
    protected internal override int RecentOf(int slots) => (int)(_recent * slots);

    /// <inheritdoc/>
    protected override void ScoreLayer(KvPass pass, int layer, Tensor scores, Tensor lengths)
    {
        IReduction reduction = pass.Device.Reduction;
        TramsForms forms = pass.Derived(TramsForms.Make);
        Tensor keys = pass.GatherKeys(layer);
        RotateBack(pass, layer, keys);
        Tensor size = pass.Rent(DType.F32, scores.Shape);
        Tensor sum = pass.Rent(DType.F32, scores.Shape);
        int group = pass.Config.Heads / pass.KvHeads;
        pass.Device.Fill(scores, 0);
        for (int place = 0; place < group; place++)
        {
            reduction.QuadraticForms(size, keys, forms.GramsOf(layer, place), default, a: 0, b: 1, lengths);
            reduction.QuadraticForms(sum, keys, default, forms.SumsOf(layer, place), a: 1, b: 0, lengths);

            // Rounding may take a square below 0.
            reduction.Map(size, ElementOp.Max, size, b: 0);
            reduction.Map(size, ElementOp.Sqrt, size);
            reduction.Map(sum, ElementOp.Abs, sum);
            reduction.Map(size, ElementOp.Multiply, size, sum);
            reduction.Map(scores, ElementOp.AddScaled, scores, size, a: 1f / group);
        }
    }

    // The rotation by minus the position.
    private static void RotateBack(KvPass pass, int layer, Tensor keys)
    {
        Tensor inverse = pass.Model.InverseOf(layer);
        Tensor backwards = pass.Rent(DType.F32, inverse.Shape);
        pass.Device.Reduction.Map(backwards, ElementOp.Multiply, inverse, b: -1);
        long vectors = (long)pass.KvHeads * pass.Entries, dim = keys.Shape[2];
        Tensor table = pass.Rent(DType.F32, new Shape(vectors, inverse.Shape.ElementCount, 2));
        pass.Device.Norm.RopeTable(table, pass.GatherPositions(layer).Reshape(new Shape(vectors)), backwards, 1);
        pass.Device.Norm.Rope(keys.Reshape(new Shape(vectors, dim)), (int)dim, table, pass.Config.RopeLayout);
    }
}
