using System;
using System.Collections.Generic;
using Winnow.Gpu;

namespace Winnow.Kernels.Reduction;

/// <summary>The CUDA form of the reduction family; <c>kernels/reduction</c> says what each kernel does.</summary>
/// <param name="context">The device.</param>
internal sealed partial class CudaReduction(CudaContext context) : IReduction, IDisposable
{
    private const int Threads = 256;
    private const int PieceColumns = 1024;
    private const int SelectThreads = 1024;
    private const int GramThreads = 128;
    private const int GramLeft = 32;
    private const int GramRight = 64;
    private const int GramDepth = 64;
    private const int ArgumentBytes = 96;

    private readonly KernelVariants<int> _kernels = new(context, static kernel => Describe((Kernel)kernel));
    private readonly CudaScratch _halves = new(context);

    private enum Kernel
    {
        Gather,
        Scatter,
        AddRowSums,
        Normalize,
        NormalizeToHalf,
        Select,
        Gram,
        Merge,
        PoolAverage,
        PoolMax,
        PoolChunkMean,
        CombineSum,
        CombineMean,
        CombineMax,
        Softmax,
        Rank,
        AbsoluteSums,
        MeanVectors,
        PredictBlocks,
        ExpandBlocks,
    }

    /// <summary>Every kernel of the family, and what stands for those with constants.</summary>
    public static IEnumerable<KernelVariant> Shipped()
    {
        foreach (Kernel kernel in Enum.GetValues<Kernel>())
        {
            yield return Describe(kernel);
        }

        foreach (MapKey key in ShippedMaps)
        {
            yield return Describe(key);
        }

        foreach (FormKey key in ShippedForms)
        {
            yield return Describe(key);
        }

        foreach (LagKey key in ShippedLags)
        {
            yield return Describe(key);
        }

        foreach (OuterKey key in ShippedOuters)
        {
            yield return Describe(key);
        }
    }

    /// <inheritdoc/>
    public void GatherRows(Tensor output, Tensor input, Tensor indices)
    {
        int rows = ReductionChecks.Gather(output, input, indices);
        ArgumentBlock arguments = new(stackalloc byte[ArgumentBytes]);
        arguments.Add(output.Address);
        arguments.Add(input.Address);
        arguments.Add(indices.Address);
        arguments.Add(input.Shape[0]);
        arguments.Add(checked((int)input.Shape[1]));
        LaunchPieces(Kernel.Gather, rows, input.Shape[1], arguments);
    }

    /// <inheritdoc/>
    public void ScatterRows(Tensor output, Tensor input, Tensor indices)
    {
        int rows = ReductionChecks.Scatter(output, input, indices);
        ArgumentBlock arguments = new(stackalloc byte[ArgumentBytes]);
        arguments.Add(output.Address);
        arguments.Add(input.Address);
        arguments.Add(indices.Address);
        arguments.Add(output.Shape[0]);
        arguments.Add(checked((int)output.Shape[1]));
        LaunchPieces(Kernel.Scatter, rows, output.Shape[1], arguments);
    }

    /// <inheritdoc/>
    public void AddRowSums(Tensor sums, Tensor input)
    {
        ReductionChecks.RowSums(sums, input);
        ArgumentBlock arguments = new(stackalloc byte[ArgumentBytes]);
        arguments.Add(sums.Address);
        arguments.Add(input.Address);
        arguments.Add(input.Shape[0]);
        arguments.Add(checked((int)input.Shape[1]));
        Launch(Kernel.AddRowSums, LaunchShape.Linear(Blocks(input.Shape[1], ThreadsOfWarp), Threads), arguments);
    }

    /// <inheritdoc/>
    public void NormalizeRows(Tensor rows)
    {
        Operands.RequireMatrix(rows);
        ArgumentBlock arguments = new(stackalloc byte[ArgumentBytes]);
        arguments.Add(rows.Address);
        arguments.Add(checked((int)rows.Shape[1]));
        Launch(Kernel.Normalize, LaunchShape.Linear(checked((int)rows.Shape[0]), Threads), arguments);
    }

    /// <inheritdoc/>
    public void SelectTop(
        Tensor selected, Tensor counts, Tensor scores, Tensor wanted, Tensor lengths = default, Tensor guarded = default, int first = 0, int last = 0)
    {
        SelectProblem problem = ReductionChecks.Select(selected, counts, scores, wanted, lengths, guarded, first, last);
        ArgumentBlock arguments = new(stackalloc byte[ArgumentBytes]);
        arguments.Add(selected.Address);
        arguments.Add(counts.Address);
        arguments.Add(scores.Address);
        arguments.Add(Address(guarded));
        arguments.Add(Address(lengths));
        arguments.Add(wanted.Address);
        arguments.Add(problem.Entries);
        arguments.Add(problem.Capacity);
        arguments.Add(problem.WantedStride);
        arguments.Add(problem.First);
        arguments.Add(problem.Last);
        Launch(Kernel.Select, LaunchShape.Linear(problem.Rows, SelectThreads), arguments);
    }

    /// <inheritdoc/>
    public void CosineSimilarity(Tensor output, Tensor left, Tensor right)
    {
        ReductionChecks.Similarity(output, left, right);
        int stride = Blocks(left.Shape[1], GramDepth) * GramDepth;
        bool same = left.Address == right.Address && left.Shape == right.Shape;
        nint a = Halved(left, same ? default : right, stride);
        nint b = same ? a : a + checked((nint)(left.Shape[0] * stride * sizeof(ushort)));
        ArgumentBlock arguments = new(stackalloc byte[ArgumentBytes]);
        arguments.Add(output.Address);
        arguments.Add(a);
        arguments.Add(b);
        arguments.Add(checked((int)left.Shape[0]));
        arguments.Add(checked((int)right.Shape[0]));
        arguments.Add(stride);
        Launch(Kernel.Gram, new LaunchShape(Blocks(right.Shape[0], GramRight), Blocks(left.Shape[0], GramLeft), 1, GramThreads), arguments);
    }

    /// <inheritdoc/>
    public void MergeRows(Tensor output, Tensor input, Tensor targets, Tensor weights)
    {
        ReductionChecks.Merge(output, input, targets, weights);
        ArgumentBlock arguments = new(stackalloc byte[ArgumentBytes]);
        arguments.Add(output.Address);
        arguments.Add(input.Address);
        arguments.Add(targets.Address);
        arguments.Add(weights.Address);
        arguments.Add(checked((int)input.Shape[0]));
        arguments.Add(checked((int)input.Shape[1]));
        LaunchPieces(Kernel.Merge, checked((int)output.Shape[0]), output.Shape[1], arguments);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _halves.Dispose();
    }

    private static KernelVariant Describe(Kernel kernel) => kernel switch
    {
        Kernel.Gather => new("reduction/gather.cu", "winnow_gather_rows", 0),
        Kernel.Scatter => new("reduction/gather.cu", "winnow_scatter_rows", 0),
        Kernel.AddRowSums => new("reduction/add_row_sums.cu", "winnow_add_row_sums", 0),
        Kernel.Normalize => new("reduction/normalize_rows.cu", "winnow_normalize_rows", 0),
        Kernel.NormalizeToHalf => new("reduction/normalize_rows.cu", "winnow_normalize_rows_f16", 0),
        Kernel.Select => new("reduction/select_top.cu", "winnow_select_top", 0),
        Kernel.Gram => new("reduction/gram.cu", "winnow_gram", 0),
        Kernel.Merge => new("reduction/merge_rows.cu", "winnow_merge_rows", 0),
        Kernel.PoolAverage or Kernel.PoolMax or Kernel.PoolChunkMean =>
            new("reduction/pool_rows.cu", "winnow_pool_rows", 0, $"KIND={kernel - Kernel.PoolAverage}"),
        Kernel.CombineSum or Kernel.CombineMean or Kernel.CombineMax =>
            new("reduction/combine_groups.cu", "winnow_combine_groups", 0, $"KIND={kernel - Kernel.CombineSum}"),
        Kernel.Softmax => new("reduction/softmax_rows.cu", "winnow_softmax_rows", 0),
        Kernel.Rank => new("reduction/rank_rows.cu", "winnow_rank_rows", 0),
        Kernel.AbsoluteSums => new("reduction/absolute_sums.cu", "winnow_absolute_sums", 0),
        Kernel.MeanVectors => new("reduction/mean_vectors.cu", "winnow_mean_vectors", 0),
        Kernel.PredictBlocks => new("reduction/predict_blocks.cu", "winnow_predict_blocks", 0),
        _ => new("reduction/expand_blocks.cu", "winnow_expand_blocks", 0),
    };

    private static int Blocks(long values, int perBlock) => checked((int)((values + perBlock - 1) / perBlock));

    // The rows of the left matrix, then those of the right one, unless it is empty.
    private nint Halved(Tensor left, Tensor right, int stride)
    {
        long rows = left.Shape[0] + (right.IsEmpty ? 0 : right.Shape[0]);
        nint address = _halves.Get(Math.Max(1, rows * stride * sizeof(ushort)));
        ArgumentBlock arguments = new(stackalloc byte[ArgumentBytes]);
        arguments.Add(address);
        arguments.Add(left.Address);
        arguments.Add(Address(right));
        arguments.Add(checked((int)left.Shape[0]));
        arguments.Add(checked((int)left.Shape[1]));
        arguments.Add(stride);
        Launch(Kernel.NormalizeToHalf, LaunchShape.Linear(checked((int)rows), Threads), arguments);
        return address;
    }

    private void LaunchPieces(Kernel kernel, int rows, long columns, in ArgumentBlock arguments) =>
        Launch(kernel, new LaunchShape(rows, Blocks(columns, PieceColumns), 1, Threads), arguments);

    private void Launch(Kernel kernel, in LaunchShape shape, in ArgumentBlock arguments) => Launch(_kernels, (int)kernel, shape, arguments);

    private void Launch<TKey>(KernelVariants<TKey> kernels, TKey key, in LaunchShape shape, in ArgumentBlock arguments)
        where TKey : struct, IEquatable<TKey>
    {
        // A grid of no blocks is an error to the driver and nothing to do here.
        if (shape.GridX > 0 && shape.GridY > 0)
        {
            context.Launch(kernels[key], shape, arguments);
        }
    }
}
