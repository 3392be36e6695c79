using System;
using System.Linq;
using NUnit.Framework;
using Winnow.Kernels.Reduction;

namespace Winnow.Kernels.Tests.Reduction;

/// <summary>What every device's weights, ranks and magnitudes of rows must be.</summary>
internal static class ScoreCases
{
    public static readonly string[] WrongOperands = ["start", "segment", "segments", "softmax lengths", "softmax overlap", "rank overlap", "rank output", "sums"];

    /// <summary>Weights of whole rows, of what begins at a start, and of segments; with minus infinity for nothing.</summary>
    public static void Weighs(ComputeDevice device, int entries, int start, int segment)
    {
        int[] lengths = [.. RowCases.Lengths(entries), entries];
        float[] input = RowCases.Poisoned(new Random(entries), lengths, entries);
        for (int i = 0; i < input.Length; i++)
        {
            // Wide enough for small weights, a few that are none, and a last row that is nothing. A maximum passes NaN over, so not all poison is NaN.
            float value = i / entries == lengths.Length - 1 || i % 11 == 10 ? float.NegativeInfinity : input[i] * 20;
            input[i] = i % entries < lengths[i / entries] ? value : i % 2 == 0 ? float.NaN : 1e30f;
        }

        using var tensors = new TestTensors(device);
        Tensor source = tensors.Of(input, lengths.Length, entries), output = tensors.Of(RowCases.Garbage(input.Length), lengths.Length, entries);
        device.Reduction.SoftmaxRows(output, source, tensors.Of(lengths), start, segment);
        double[] exact = new double[input.Length];
        float[] plain = new float[input.Length];
        for (int i = 0; i < input.Length; i++)
        {
            (int first, int count) = SegmentOf(i % entries, Math.Clamp(lengths[i / entries], 0, entries), start, segment);
            float[] members = input[((i / entries * entries) + first)..((i / entries * entries) + first + count)];
            (exact[i], plain[i]) = count == 0 ? (0, 0) : (Weight(input[i], members), PlainWeight(input[i], members));
        }

        float[] actual = tensors.Floats(output);
        Tolerance.Check(actual, exact, plain);
        device.Reduction.SoftmaxRows(source, source, tensors.Of(lengths), start, segment);
        Assert.That(tensors.Floats(source), Is.EqualTo(actual), "in place");
    }

    /// <summary>NaN and plus infinity make their segment NaN, and no other.</summary>
    public static void WeighsNoNumber(ComputeDevice device)
    {
        using var tensors = new TestTensors(device);
        Tensor rows = tensors.Of([0, float.NaN, 1, 1, float.NegativeInfinity, float.PositiveInfinity, float.NaN, float.NegativeInfinity], 1, 8);
        device.Reduction.SoftmaxRows(rows, rows, default, 0, 2);
        Assert.That(
            tensors.Floats(rows), Is.EqualTo(new[] { float.NaN, float.NaN, 0.5f, 0.5f, float.NaN, float.NaN, float.NaN, float.NaN }));
    }

    /// <summary>A row alone has the bits that it has among others.</summary>
    public static void WeighsRowsAlike(ComputeDevice device)
    {
        using var tensors = new TestTensors(device);
        Tensor rows = tensors.Of(TestTensors.Random(new Random(1), 5 * 700), 5, 700), all = tensors.Of(new float[5 * 700], 5, 700);
        device.Reduction.SoftmaxRows(all, rows);
        device.Reduction.SoftmaxRows(rows.Rows(3, 1), rows.Rows(3, 1));
        Assert.That(tensors.Floats(rows.Rows(3, 1)), Is.EqualTo(tensors.Floats(all.Rows(3, 1))));
    }

    /// <summary>Sums of magnitudes.</summary>
    public static void SumsMagnitudes(ComputeDevice device, int rows, int columns)
    {
        float[] input = TestTensors.Random(new Random(columns), rows * columns);
        using var tensors = new TestTensors(device);
        Tensor output = tensors.Of(RowCases.Garbage(rows));
        device.Reduction.AbsoluteSums(output, tensors.Of(input, rows, columns));
        double[] exact = [.. input.Chunk(columns).Select(row => row.Sum(value => Math.Abs((double)value)))];
        float[] plain = [.. input.Chunk(columns).Select(row => row.Aggregate(0f, (sum, value) => sum + Math.Abs(value)))];
        Tolerance.Check(tensors.Floats(output), exact, plain);
    }

    /// <summary>Ranks of rows full of equal entries and what is no number, against comparing all pairs.</summary>
    public static void Ranks(ComputeDevice device, int entries, int start, int segment)
    {
        int[] lengths = RowCases.Lengths(entries);
        var random = new Random(entries);
        float[] few = [float.NegativeInfinity, -1, -0f, 0f, 1, float.PositiveInfinity, float.NaN];
        float[] input = [.. lengths.SelectMany((_, r) => Enumerable.Range(0, entries).Select(_ => r % 2 == 0
            ? few[random.Next(few.Length)]
            : (float)random.NextDouble() - 0.5f))];
        using var tensors = new TestTensors(device);
        Tensor output = tensors.Of(RowCases.Garbage(input.Length), lengths.Length, entries);
        device.Reduction.RankRows(output, tensors.Of(input, lengths.Length, entries), tensors.Of(lengths), start, segment);
        float[] expected = new float[input.Length];
        for (int i = 0; i < input.Length; i++)
        {
            (int first, int count) = SegmentOf(i % entries, Math.Clamp(lengths[i / entries], 0, entries), start, segment);
            int row = i / entries * entries;
            for (int j = row + first; j < row + first + count; j++)
            {
                int order = input[j].CompareTo(input[i]);
                expected[i] += order < 0 || (order == 0 && j > i) ? 1 : 0;
            }
        }

        Assert.That(tensors.Floats(output), Is.EqualTo(expected));
    }

    /// <summary>Operands that do not fit are an error of the caller before anything is done.</summary>
    public static void Refuses(ComputeDevice device, string broken)
    {
        using var tensors = new TestTensors(device);
        IReduction reduction = device.Reduction;
        Tensor rows = tensors.Of(new float[12], 4, 3), other = tensors.Of(new float[12], 4, 3), three = tensors.Of(new int[3]);
        Tensor many = tensors.Of(new float[18], 6, 3), sum = tensors.Of(new float[3]);
        Tensor wide = tensors.Of(new float[70_000], 1, 70_000), wideOutput = tensors.Of(new float[70_000], 1, 70_000);
        Action act = broken switch
        {
            "start" => () => reduction.SoftmaxRows(rows, other, default, -1),
            "segment" => () => reduction.RankRows(rows, other, default, 0, -1),
            "segments" => () => reduction.RankRows(wideOutput, wide, default, 0, 1),
            "softmax lengths" => () => reduction.SoftmaxRows(rows, other, three),
            "softmax overlap" => () => reduction.SoftmaxRows(many.Rows(1, 4), many.Rows(0, 4)),
            "rank overlap" => () => reduction.RankRows(rows, rows),
            "rank output" => () => reduction.RankRows(many, other),
            _ => () => reduction.AbsoluteSums(sum, rows),
        };
        Assert.That(act, Throws.ArgumentException);
    }

    // Where the segment of an entry begins, and how many entries of it exist; none for an entry that is in no segment or does not exist.
    private static (int First, int Count) SegmentOf(int entry, int length, int start, int segment)
    {
        if (entry < start || entry >= length)
        {
            return (0, 0);
        }

        int first = segment == 0 ? start : start + ((entry - start) / segment * segment);
        return (first, segment == 0 ? length - first : Math.Min(segment, length - first));
    }

    private static double Weight(float value, float[] members)
    {
        double greatest = members.Max();
        return double.IsNegativeInfinity(greatest) ? 0 : Math.Exp(value - greatest) / members.Sum(member => Math.Exp(member - greatest));
    }

    private static float PlainWeight(float value, float[] members)
    {
        float greatest = members.Max();
        return float.IsNegativeInfinity(greatest)
            ? 0
            : MathF.Exp(value - greatest) / members.Aggregate(0f, (sum, member) => sum + MathF.Exp(member - greatest));
    }
}
