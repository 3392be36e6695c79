using Winnow.Kernels;
using Winnow.Kernels.Attention;
using Winnow.Kernels.Cache;

namespace Winnow.Cache.Policies;

/// <summary>The attention of one layer of a step. T tokens.</summary>
public readonly record struct SparseLayer
{
    /// <summary>Takes the result, F32 [T, heads * headDim].</summary>
    public required Tensor Output { get; init; }

    /// <summary>The queries after RoPE, F32 [T, heads * headDim].</summary>
    public required Tensor Queries { get; init; }

    /// <summary>The cache; the layer's keys and values are in it.</summary>
    public required PagedKv Cache { get; init; }

    /// <summary>The step's tokens.</summary>
    public required RaggedBatch Batch { get; init; }

    /// <summary>What full attention would be: the layer, its scale, its window.</summary>
    public required AttentionArguments Arguments { get; init; }
}
