using System;
using System.Linq;
using NUnit.Framework;
using Winnow.Kernels.Reduction;

namespace Winnow.Kernels.Tests.Reduction;

/// <summary>
/// What every device's operations on rows of scores must do: compared with double precision, with NaN past the lengths and guards behind every tensor.
/// </summary>
internal static class RowCases
{
    public static readonly string[] WrongOperands = ["even width", "no width", "pool kind", "pool overlap", "lengths", "group", "group kind", "group overlap"];

    /// <summary>Rows pooled, against every entry's neighbours written out.</summary>
    public static void Pools(ComputeDevice device, PoolKind kind, int width, int entries)
    {
        int[] lengths = Lengths(entries);
        using var tensors = new TestTensors(device);
        float[] input = Poisoned(new Random(entries + width), lengths, entries);
        foreach (bool cuts in new[] { false, true })
        {
            float[] values = cuts ? input : [.. input.Select(value => float.IsNaN(value) ? 0.5f : value)];
            Tensor output = tensors.Of(Garbage(input.Length), lengths.Length, entries);
            device.Reduction.PoolRows(output, tensors.Of(values, lengths.Length, entries), kind, width, cuts ? tensors.Of(lengths) : default);
            double[] exact = new double[input.Length];
            float[] plain = new float[input.Length];
            for (int i = 0; i < input.Length; i++)
            {
                int length = cuts ? Math.Clamp(lengths[i / entries], 0, entries) : entries;
                float[] row = values[(i / entries * entries)..((i / entries * entries) + length)];
                (exact[i], plain[i]) = i % entries < length ? Pooled(row, i % entries, kind, width) : (0, 0);
            }

            Tolerance.Check(tensors.Floats(output), exact, plain, $"{kind} of {width}");
            SameOnTheProcessor(tensors.Floats(output), (processor, others, result) => processor.Reduction.PoolRows(
                result, others.Of(values, lengths.Length, entries), kind, width, cuts ? others.Of(lengths) : default));
        }
    }

    /// <summary>Groups of rows combined, apart and in place.</summary>
    public static void Combines(ComputeDevice device, GroupKind kind, int group, int entries)
    {
        int rows = 3 * group;
        float[] input = TestTensors.Random(new Random(group), rows * entries);
        using var tensors = new TestTensors(device);
        Tensor source = tensors.Of(input, rows, entries), output = tensors.Of(Garbage(input.Length), rows, entries);
        device.Reduction.CombineGroups(output, source, group, kind);
        double[] exact = new double[input.Length];
        float[] plain = new float[input.Length];
        for (int i = 0; i < input.Length; i++)
        {
            int first = (i / entries / group * group * entries) + (i % entries);
            float[] members = [.. Enumerable.Range(0, group).Select(r => input[first + (r * entries)])];
            exact[i] = kind == GroupKind.Max ? members.Max() : members.Sum(value => (double)value) / (kind == GroupKind.Mean ? group : 1);
            plain[i] = kind == GroupKind.Max ? members.Max() : members.Aggregate((sum, value) => sum + value) / (kind == GroupKind.Mean ? group : 1);
        }

        float[] actual = tensors.Floats(output);
        Tolerance.Check(actual, exact, plain, $"{kind} of {group}");
        device.Reduction.CombineGroups(source, source, group, kind);
        Assert.That(tensors.Floats(source), Is.EqualTo(actual), "in place");
        SameOnTheProcessor(
            actual, (processor, others, result) => processor.Reduction.CombineGroups(result, others.Of(input, rows, entries), group, kind));
    }

    /// <summary>NaN in a maximum stays, wherever it is.</summary>
    public static void KeepsNaN(ComputeDevice device)
    {
        using var tensors = new TestTensors(device);
        float[] values = [1, 2, float.NaN, 4, 5, 6, 7, 8, 9, float.NaN, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
        Tensor input = tensors.Of(values, 2, 10), output = tensors.Of(new float[20], 2, 10);
        device.Reduction.CombineGroups(output, input, 2, GroupKind.Max);
        Assert.That(tensors.Floats(output)[..10], Is.EqualTo(new[] { 1, 2, float.NaN, 4, 5, 6, 7, 8, 9, float.NaN }));
        device.Reduction.PoolRows(output, input, PoolKind.Max, 3);
        float[] pooled = tensors.Floats(output);
        Assert.That(pooled.Select(float.IsNaN), Is.EqualTo(Enumerable.Range(0, 20).Select(i => i is >= 1 and <= 3 or 8 or 9)));
    }

    /// <summary>Operands that do not fit are an error of the caller before anything is done.</summary>
    public static void Refuses(ComputeDevice device, string broken)
    {
        using var tensors = new TestTensors(device);
        IReduction reduction = device.Reduction;
        Tensor rows = tensors.Of(new float[12], 4, 3), other = tensors.Of(new float[12], 4, 3), three = tensors.Of(new int[3]);
        Tensor many = tensors.Of(new float[18], 6, 3);
        Action act = broken switch
        {
            "even width" => () => reduction.PoolRows(rows, other, PoolKind.Average, 2),
            "no width" => () => reduction.PoolRows(rows, other, PoolKind.ChunkMean, 0),
            "pool kind" => () => reduction.PoolRows(rows, other, (PoolKind)3, 1),
            "pool overlap" => () => reduction.PoolRows(rows, rows, PoolKind.Max, 1),
            "lengths" => () => reduction.PoolRows(rows, other, PoolKind.Max, 1, three),
            "group" => () => reduction.CombineGroups(rows, other, 3, GroupKind.Sum),
            "group kind" => () => reduction.CombineGroups(rows, other, 2, (GroupKind)3),
            _ => () => reduction.CombineGroups(many.Rows(2, 4), many.Rows(0, 4), 2, GroupKind.Sum),
        };
        Assert.That(act, Throws.ArgumentException);
    }

    /// <summary>Lengths of a few rows: all, none, more than there is, less than none, and some.</summary>
    public static int[] Lengths(int entries) => [entries, 0, entries + 7, -3, 1, Math.Max(1, entries / 2), Math.Max(0, entries - 1)];

    /// <summary>Random values where entries exist and NaN where none may be read; <paramref name="width"/> values an entry.</summary>
    public static float[] Poisoned(Random random, int[] lengths, int entries, int width = 1) =>
        [.. lengths.SelectMany(length => Enumerable.Range(0, entries * width).Select(i =>
            i < length * width ? (float)((random.NextDouble() * 4) - 2) : float.NaN))];

    /// <summary>What an output holds before: must all be written.</summary>
    public static float[] Garbage(int count) => [.. Enumerable.Repeat(float.NaN, count)];

    /// <summary>The same order and the same rounding, so the same bits, on every device.</summary>
    public static void SameOnTheProcessor(float[] actual, Action<ComputeDevice, TestTensors, Tensor> act)
    {
        using var processor = new CpuDevice(1);
        using var tensors = new TestTensors(processor);
        Tensor result = tensors.Of(new float[actual.Length]);
        act(processor, tensors, result);
        Assert.That(actual, Is.EqualTo(tensors.Floats(result)), "on every device");
    }

    private static (double Exact, float Plain) Pooled(float[] row, int e, PoolKind kind, int width)
    {
        bool chunks = kind == PoolKind.ChunkMean;
        float[] near = [.. row.Where((_, i) => chunks ? i / width == e / width : Math.Abs(i - e) <= width / 2)];
        int count = chunks ? near.Length : width;
        return kind == PoolKind.Max
            ? (near.Max(), near.Max())
            : (near.Sum(value => (double)value) / count, near.Aggregate((sum, value) => sum + value) / count);
    }
}
