using System;
using System.Linq;
using NUnit.Framework;
using Winnow.Kernels.Cache;
using Winnow.Kernels.Reduction;

namespace Winnow.Kernels.Tests.Reduction;

/// <summary>What every device's operations on blocks must do.</summary>
internal static class BlockCases
{
    public static readonly string[] WrongOperands =
        ["history", "planes", "weights", "lengths", "oldest", "first", "overlap", "selected", "counts", "block counts", "expand lengths", "width", "last", "lists overlap"];

    private const int Width = PagedKv.PageSlots;
    private const int Planes = BlockNetwork.Steps / Width;

    /// <summary>The network against its definition written out; NaN in every block that it is not asked about.</summary>
    public static void Predicts(ComputeDevice device, int blocks, int first, int last)
    {
        int[] lengths = RowCases.Lengths(blocks);
        int[] oldest = [.. lengths.Select((_, r) => 70 + (17 * r))];
        var random = new Random(blocks);
        float[] weights = TestTensors.Random(random, BlockNetwork.Weights, 0.4);
        float[] history = History(random, lengths, blocks, first, last);
        using var tensors = new TestTensors(device);
        Tensor output = tensors.Of(RowCases.Garbage(lengths.Length * blocks), lengths.Length, blocks);
        device.Reduction.PredictBlocks(
            output, tensors.Of(history, Planes, lengths.Length, blocks * Width), tensors.Of(weights), tensors.Of(lengths), tensors.Of(oldest), first, last);

        double[] exact = new double[lengths.Length * blocks];
        float[] plain = new float[exact.Length];
        for (int r = 0; r < lengths.Length; r++)
        {
            int count = Math.Clamp(lengths[r], 0, blocks) - last - first;
            for (int b = 0; b < count; b++)
            {
                (exact[(r * blocks) + first + b], plain[(r * blocks) + first + b]) = (1, 1);
            }

            if (count >= BlockNetwork.LeastBlocks)
            {
                float[][] x = [.. Enumerable.Range(0, BlockNetwork.Steps).Select(t => Enumerable.Range(first, count).Select(b =>
                    history[EntryOf(lengths.Length, blocks, r, b, (oldest[r] + t) % BlockNetwork.Steps)]).ToArray())];
                BlockNetworkReference.Scores(weights, x).CopyTo(exact, (r * blocks) + first);
                BlockNetworkReference.PlainScores(weights, x).CopyTo(plain, (r * blocks) + first);
            }
        }

        Tolerance.Check(tensors.Floats(output), exact, plain);
    }

    /// <summary>The bytes that a prediction and an expansion leave behind.</summary>
    public static byte[] Results(ComputeDevice device)
    {
        const int Blocks = 11;
        int[] lengths = [Blocks, 7, 0];
        var random = new Random(1);
        using var tensors = new TestTensors(device);
        Tensor output = tensors.Of(new float[3 * Blocks], 3, Blocks), lists = tensors.Of(new int[3 * Blocks * Width], 3, Blocks * Width);
        Tensor counts = tensors.Of(new int[3]), exist = tensors.Of(lengths);
        device.Reduction.PredictBlocks(
            output, tensors.Of(History(random, lengths, Blocks, 1, 1), Planes, 3, Blocks * Width), tensors.Of(TestTensors.Random(random, BlockNetwork.Weights)), exist,
            tensors.Of([3, 50, 0]), 1, 1);
        device.Reduction.ExpandBlocks(
            lists, counts, tensors.Of([0, 4, 10, 1, 3, 6, 0, 0, 0], 3, 3), tensors.Of([3, 3, 0]), tensors.Of([170, 100, 0]), Width, 20);
        return [.. tensors.Bytes(output), .. tensors.Bytes(lists), .. tensors.Bytes(counts)];
    }

    /// <summary>A block is scored the same wherever it and its row lie.</summary>
    public static void PredictsTheSameAnywhere(ComputeDevice device)
    {
        const int Blocks = 23;
        var random = new Random(3);
        float[] weights = TestTensors.Random(random, BlockNetwork.Weights, 0.4);
        float[] one = History(random, [Blocks], Blocks, 0, 0);
        float[] moved = [.. Enumerable.Repeat(float.NaN, Planes * 2 * (Blocks + 5) * Width)];
        for (int plane = 0; plane < Planes; plane++)
        {
            one.AsSpan(plane * Blocks * Width, Blocks * Width).CopyTo(moved.AsSpan((((plane * 2) + 1) * (Blocks + 5) * Width) + (3 * Width)));
        }

        using var tensors = new TestTensors(device);
        Tensor alone = tensors.Of(new float[Blocks], 1, Blocks), among = tensors.Of(new float[2 * (Blocks + 5)], 2, Blocks + 5), weight = tensors.Of(weights);
        device.Reduction.PredictBlocks(alone, tensors.Of(one, Planes, 1, Blocks * Width), weight, tensors.Of([Blocks]), tensors.Of([9]));
        device.Reduction.PredictBlocks(
            among, tensors.Of(moved, Planes, 2, (Blocks + 5) * Width), weight, tensors.Of([2, Blocks + 5]), tensors.Of([1, 9]), 3, 2);
        Assert.That(tensors.Floats(among)[(Blocks + 8)..^2], Is.EqualTo(tensors.Floats(alone)));
    }

    /// <summary>Entries of random lists of blocks, of every length and tail; the capacity cuts.</summary>
    public static void Expands(ComputeDevice device, int width, int last, int capacity)
    {
        const int Blocks = 12;
        int[] lengths = [Blocks * width, (Blocks * width) - 1, (5 * width) + 1, width, 1, 0, -2];
        var random = new Random(width + last);
        int[][] lists = [.. lengths.Select(length => Enumerable.Range(0, Math.Max(0, (length + width - 1) / width)).Where(_ => random.Next(2) == 0).ToArray())];
        int[] blocks = [.. lists.SelectMany(list => list.Concat(Enumerable.Repeat(-7, Blocks - list.Length)))];
        int[] before = [.. Enumerable.Repeat(-1, lengths.Length * capacity)];
        using var tensors = new TestTensors(device);
        Tensor selected = tensors.Of(before, lengths.Length, capacity), counts = tensors.Of(new int[lengths.Length]);
        device.Reduction.ExpandBlocks(
            selected, counts, tensors.Of(blocks, lengths.Length, Blocks), tensors.Of([.. lists.Select(list => list.Length)]), tensors.Of(lengths), width, last);
        for (int r = 0; r < lengths.Length; r++)
        {
            int[] expected = [.. Enumerable.Range(0, Math.Max(0, lengths[r])).Where(e => lists[r].Contains(e / width) || e >= lengths[r] - last)];
            Assert.That(tensors.Ints(counts)[r], Is.EqualTo(expected.Length), $"row {r}");
            int[] row = tensors.Ints(selected)[(r * capacity)..((r + 1) * capacity)];
            Assert.That(row, Is.EqualTo(expected.Concat(Enumerable.Repeat(-1, capacity)).Take(capacity)), $"row {r}");
        }
    }

    /// <summary>Operands that do not fit are an error of the caller before anything is done.</summary>
    public static void Refuses(ComputeDevice device, string broken)
    {
        using var tensors = new TestTensors(device);
        IReduction reduction = device.Reduction;
        Tensor scores = tensors.Of(new float[10], 2, 5), weights = tensors.Of(new float[BlockNetwork.Weights]), two = tensors.Of(new int[2]), three = tensors.Of(new int[3]);
        Tensor history = tensors.Of(new float[10 * BlockNetwork.Steps], Planes, 2, 5 * Width), lists = tensors.Of(new int[8], 2, 4), blocks = tensors.Of(new int[6], 2, 3);
        Action act = broken switch
        {
            "history" => () => reduction.PredictBlocks(scores, scores, weights, two, two),
            "planes" => () => reduction.PredictBlocks(scores, history.Reshape(new Shape(2, Planes, 5 * Width)), weights, two, two),
            "weights" => () => reduction.PredictBlocks(scores, history, scores, two, two),
            "lengths" => () => reduction.PredictBlocks(scores, history, weights, three, two),
            "oldest" => () => reduction.PredictBlocks(scores, history, weights, two, three),
            "first" => () => reduction.PredictBlocks(scores, history, weights, two, two, -1),
            "overlap" => () => reduction.PredictBlocks(new Tensor(history.Buffer, 0, DType.F32, scores.Shape), history, weights, two, two),
            "selected" => () => reduction.ExpandBlocks(three, two, blocks, two, two, 4, 1),
            "counts" => () => reduction.ExpandBlocks(lists, three, blocks, two, two, 4, 1),
            "block counts" => () => reduction.ExpandBlocks(lists, two, blocks, three, two, 4, 1),
            "expand lengths" => () => reduction.ExpandBlocks(lists, two, blocks, two, three, 4, 1),
            "width" => () => reduction.ExpandBlocks(lists, two, blocks, two, two, 0, 1),
            "last" => () => reduction.ExpandBlocks(lists, two, blocks, two, two, 4, -1),
            _ => () => reduction.ExpandBlocks(lists, two, lists, two, two, 4, 1),
        };
        Assert.That(act, Throws.ArgumentException);
    }

    private static int EntryOf(int rows, int blocks, int row, int block, int step) => (((((step / Width) * rows) + row) * blocks) + block) * Width + (step % Width);

    private static float[] History(Random random, int[] lengths, int blocks, int first, int last)
    {
        float[] history = [.. Enumerable.Repeat(float.NaN, BlockNetwork.Steps * lengths.Length * blocks)];
        for (int r = 0; r < lengths.Length; r++)
        {
            for (int b = first; b < Math.Clamp(lengths[r], 0, blocks) - last; b++)
            {
                for (int step = 0; step < BlockNetwork.Steps; step++)
                {
                    history[EntryOf(lengths.Length, blocks, r, b, step)] = random.NextSingle();
                }
            }
        }

        return history;
    }
}
