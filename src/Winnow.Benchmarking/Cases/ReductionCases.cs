using System;
using System.Collections.Generic;
using System.Linq;
using Winnow.Kernels;
using Winnow.Kernels.Reduction;

namespace Winnow.Benchmarking.Cases;

/// <summary>What scores of slots and tokens are made of: 8 heads of 4096 slots, 512 tokens of 4096 values.</summary>
internal static class ReductionCases
{
    private const int Heads = 8;
    private const int Slots = 4096;
    private const int Dim = 128;
    private const int Rows = 512;
    private const int Columns = 4096;

    private static string SlotShape => $"{Heads} x {Slots}";

    private static string VectorShape => $"{Heads} x {Slots} x {Dim}";

    private static string RowShape => $"{Rows} x {Columns}";

    public static IEnumerable<KernelCase> All() => [.. OfRows(), .. OfSlots(), .. OfVectors()];

    private static IEnumerable<KernelCase> OfRows()
    {
        yield return Case("gather rows", RowShape, w =>
        {
            (Tensor output, Tensor input, Tensor indices) = (w.Output(Rows, Columns), w.Input(Rows, Columns), Shuffled(w));
            return new CaseWork(() => w.Device.Reduction.GatherRows(output, input, indices));
        });
        yield return Case("scatter rows", RowShape, w =>
        {
            (Tensor output, Tensor input, Tensor indices) = (w.Output(Rows, Columns), w.Input(Rows, Columns), Shuffled(w));
            return new CaseWork(() => w.Device.Reduction.ScatterRows(output, input, indices));
        });
        yield return Case("merge rows", $"{RowShape} to {Rows / 4}", w =>
        {
            (Tensor output, Tensor input, Tensor weights) = (w.Output(Rows / 4, Columns), w.Input(Rows, Columns), w.Input(Rows));
            Tensor targets = w.Integers(Enumerable.Range(0, Rows).Select(row => row / 4));
            return new CaseWork(() => w.Device.Reduction.MergeRows(output, input, targets, weights), 2.0 * Rows * Columns);
        });
        yield return Case("normalize rows", RowShape, w =>
        {
            Tensor rows = w.Both(Rows, Columns);
            return new CaseWork(() => w.Device.Reduction.NormalizeRows(rows), 3.0 * Rows * Columns);
        });
        yield return Case("add row sums", RowShape, w =>
        {
            (Tensor sums, Tensor input) = (w.Both(Columns), w.Input(Rows, Columns));
            return new CaseWork(() => w.Device.Reduction.AddRowSums(sums, input), 1.0 * Rows * Columns);
        });
        yield return Case("absolute sums", RowShape, w =>
        {
            (Tensor output, Tensor input) = (w.Output(Rows), w.Input(Rows, Columns));
            return new CaseWork(() => w.Device.Reduction.AbsoluteSums(output, input), 1.0 * Rows * Columns);
        });
        yield return Case("cosine similarity", $"{Rows} x {Rows} x 1024", w =>
        {
            (Tensor output, Tensor left, Tensor right) = (w.Output(Rows, Rows), w.Input(Rows, 1024), w.Input(Rows, 1024));
            return new CaseWork(() => w.Device.Reduction.CosineSimilarity(output, left, right), 2.0 * Rows * Rows * 1024);
        });
    }

    private static IEnumerable<KernelCase> OfSlots()
    {
        yield return Case("select top", $"{SlotShape}, 1024", w =>
        {
            (Tensor selected, Tensor counts) = (w.Output(DType.I32, Heads, 1024), w.Output(DType.I32, Heads));
            (Tensor scores, Tensor wanted) = (w.Input(Heads, Slots), w.Integers([1024]));
            return new CaseWork(() => w.Device.Reduction.SelectTop(selected, counts, scores, wanted));
        });
        yield return Case("rank rows", SlotShape, w => OnSlots(w, (output, input) => w.Device.Reduction.RankRows(output, input)));
        yield return Case("softmax rows", SlotShape, w => OnSlots(w, (output, input) => w.Device.Reduction.SoftmaxRows(output, input)));
        yield return Case("pool rows, max of 7", SlotShape, w => OnSlots(w, (output, input) => w.Device.Reduction.PoolRows(output, input, PoolKind.Max, 7)));
        yield return Case("combine groups of 4", SlotShape, w => OnSlots(w, (output, input) => w.Device.Reduction.CombineGroups(output, input, 4, GroupKind.Mean)));
        yield return Case("map multiply", SlotShape, w =>
        {
            (Tensor output, Tensor left, Tensor right) = (w.Output(Heads, Slots), w.Input(Heads, Slots), w.Input(Heads, Slots));
            return new CaseWork(() => w.Device.Reduction.Map(output, ElementOp.Multiply, left, right), Heads * Slots);
        });
        yield return Case("expand blocks", $"{Heads} x 64 of 16", w =>
        {
            (Tensor selected, Tensor counts) = (w.Output(DType.I32, Heads, 1024), w.Output(DType.I32, Heads));
            Tensor blocks = w.Integers(Enumerable.Range(0, Heads).SelectMany(_ => Enumerable.Range(0, 64).Select(block => 2 * block)), Heads, 64);
            (Tensor blockCounts, Tensor lengths) = (w.Same(63, Heads), w.Same(Slots, Heads));
            return new CaseWork(() => w.Device.Reduction.ExpandBlocks(selected, counts, blocks, blockCounts, lengths, 16, 8));
        });
    }

    private static IEnumerable<KernelCase> OfVectors()
    {
        yield return Case("mean vectors", VectorShape, w =>
        {
            (Tensor output, Tensor vectors) = (w.Output(Heads, Dim), w.Input(Heads, Slots, Dim));
            return new CaseWork(() => w.Device.Reduction.MeanVectors(output, vectors), 1.0 * Heads * Slots * Dim);
        });
        yield return Case("quadratic forms", VectorShape, w =>
        {
            (Tensor output, Tensor vectors) = (w.Output(Heads, Slots), w.Input(Heads, Slots, Dim));
            (Tensor matrices, Tensor linear) = (w.Input(Heads, Dim, Dim), w.Input(Heads, Dim));
            return new CaseWork(() => w.Device.Reduction.QuadraticForms(output, vectors, matrices, linear, 1, 0.5f), 2.0 * Heads * Slots * Dim * (Dim + 1));
        });
        yield return Case("lag deviation", VectorShape, w =>
        {
            (Tensor output, Tensor vectors) = (w.Output(Heads, Slots), w.Input(Heads, Slots, Dim));
            return new CaseWork(() => w.Device.Reduction.LagDeviation(output, vectors, 4, 128));
        });
        yield return Case("add outer products", $"{Rows} x 32 x {Dim}", w =>
        {
            (Tensor sums, Tensor rows) = (w.Both(32, Dim, Dim), w.Input(Rows, 32 * Dim));
            return new CaseWork(() => w.Device.Reduction.AddOuterProducts(sums, rows), 2.0 * Rows * 32 * Dim * Dim);
        });
        yield return Case("predict blocks", $"{Heads} x {Slots / 16} blocks", w =>
        {
            const int Blocks = Slots / 16;
            (Tensor output, Tensor history) = (w.Output(Heads, Blocks), w.Input(BlockNetwork.Steps / 16, Heads, Blocks * 16));
            (Tensor weights, Tensor lengths, Tensor oldest) = (w.Input(BlockNetwork.Weights), w.Same(Blocks, Heads), w.Same(3, Heads));
            double products = (double)BlockNetwork.Taps * BlockNetwork.Hidden * (1 + BlockNetwork.Features);
            return new CaseWork(() => w.Device.Reduction.PredictBlocks(output, history, weights, lengths, oldest), 2.0 * Heads * Blocks * BlockNetwork.Steps * products);
        });
    }

    private static KernelCase Case(string name, string shape, Func<CaseWorkspace, CaseWork> prepare) =>
        new("reduction", name, shape, prepare);

    private static CaseWork OnSlots(CaseWorkspace workspace, Action<Tensor, Tensor> operation)
    {
        (Tensor output, Tensor input) = (workspace.Output(Heads, Slots), workspace.Input(Heads, Slots));
        return new CaseWork(() => operation(output, input));
    }

    private static Tensor Shuffled(CaseWorkspace workspace) => workspace.Integers(Enumerable.Range(0, Rows).Select(row => row * 37 % Rows));
}
