using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using Winnow.Kernels.Cache;

namespace Winnow.Kernels.Tests.Cache;

/// <summary>What every device's cache must do, slot by slot, and what it must leave alone. Cases give everything that is in the cache at their end.</summary>
internal static class CacheCases
{
    private const int Layer = 1;

    /// <summary>One sequence's tokens go behind what each head holds.</summary>
    public static byte[] Append(ComputeDevice device, DType type, int held, int tokens, int headDim)
    {
        using var rig = new CacheRig(device, type, 3, headDim, [held, held + 2], usedRow: 2);
        var random = new Random(1);
        float[] keys = TestTensors.Random(random, tokens * 2 * headDim, 70_000);
        float[] values = TestTensors.Random(random, tokens * 2 * headDim);
        RaggedBatch batch = rig.Batch([2], [0, tokens], [.. Enumerable.Range(100, tokens)]);
        device.Cache.Append(rig.Cache, batch, Layer, rig.Tensors.Of(keys), rig.Tensors.Of(values));
        var written = new HashSet<int>();
        for (int g = 0; g < 2; g++)
        {
            int before = held + (2 * g);
            Assert.That(rig.Count(2, Layer, g), Is.EqualTo(before + tokens));
            for (int i = 0; i < tokens; i++)
            {
                int place = rig.Place(2, Layer, g, before + i);
                written.Add(place);
                Range head = (((i * 2) + g) * headDim)..(((i * 2) + g + 1) * headDim);
                Assert.That(rig.At(place), Is.EqualTo(rig.Slot(keys[head], values[head], 100 + i)));
            }
        }

        rig.AssertOthersUntouched(written);
        return rig.Everything();
    }

    /// <summary>Several sequences, one of them without tokens whose row is none.</summary>
    public static byte[] AppendSeveral(ComputeDevice device, DType type, int mostTokens)
    {
        using var rig = new CacheRig(device, type, 3, 24, [3, 5]);
        float[] keys = TestTensors.Random(new Random(1), 7 * 2 * 24);
        float[] values = TestTensors.Random(new Random(2), 7 * 2 * 24);
        int[] positions = [3, 4, 5, 9, 10, 11, 12];
        RaggedBatch batch = rig.Batch([2, 0, 1], [0, 3, 3, 7], positions) with { MostTokens = mostTokens };
        device.Cache.Append(rig.Cache, batch, Layer, rig.Tensors.Of(keys), rig.Tensors.Of(values));
        Assert.That(Enumerable.Range(0, 3).Select(row => rig.Count(row, Layer, 0)), Is.EqualTo(new[] { 3, 7, 6 }));
        Assert.That(Enumerable.Range(0, 3).Select(row => rig.Count(row, Layer, 1)), Is.EqualTo(new[] { 5, 9, 8 }));
        var written = new HashSet<int>();
        for (int token = 0; token < 7; token++)
        {
            for (int g = 0; g < 2; g++)
            {
                (int row, int first) = token < 3 ? (2, 0) : (1, 3);
                int place = rig.Place(row, Layer, g, 3 + (2 * g) + token - first);
                written.Add(place);
                Range head = (((token * 2) + g) * 24)..(((token * 2) + g + 1) * 24);
                Assert.That(rig.At(place), Is.EqualTo(rig.Slot(keys[head], values[head], positions[token])));
            }
        }

        rig.AssertOthersUntouched(written);
        return rig.Everything();
    }

    /// <summary>The norms that are asked for stand in their planes, and 0 in the others.</summary>
    public static byte[] AppendWithNorms(ComputeDevice device, DType type, int headDim)
    {
        using var rig = new CacheRig(device, type, 1, headDim, [7, 14]);
        const int Tokens = 5;
        float[] keys = TestTensors.Random(new Random(1), Tokens * 2 * headDim);
        float[] values = TestTensors.Random(new Random(2), Tokens * 2 * headDim);
        RaggedBatch batch = rig.Batch([0], [0, Tokens], [.. Enumerable.Range(0, Tokens)]);
        (Tensor k, Tensor v) = (rig.Tensors.Of(keys), rig.Tensors.Of(values));
        device.Cache.Append(rig.Cache, batch, Layer, k, v, new SlotNorms { KeyL2 = 2, ValueL1 = 0 });
        device.Cache.Append(rig.Cache, batch, Layer, k, v, new SlotNorms { KeyL1 = 1, ValueL2 = 2 });
        List<float> actual = [];
        List<double> exact = [];
        List<float> plain = [];
        for (int item = 0; item < Tokens * 2; item++)
        {
            (int i, int g) = (item / 2, item % 2);
            Range head = (item * headDim)..((item + 1) * headDim);
            actual.AddRange(rig.Attributes(rig.Place(0, Layer, g, 7 + (7 * g) + i)));
            exact.AddRange([L1(values[head]), 0, L2(keys[head])]);
            plain.AddRange([PlainL1(values[head]), 0, PlainL2(keys[head])]);
            actual.AddRange(rig.Attributes(rig.Place(0, Layer, g, 7 + (7 * g) + Tokens + i)));
            exact.AddRange([0, L1(keys[head]), L2(values[head])]);
            plain.AddRange([0, PlainL1(keys[head]), PlainL2(values[head])]);
        }

        Tolerance.Check([.. actual], [.. exact], [.. plain], "norms");
        return rig.Everything();
    }

    /// <summary>One head keeps some slots, by itself or in a list of heads.</summary>
    public static byte[] Compact(ComputeDevice device, DType type, int count, int pattern, int headDim, bool asList)
    {
        using var rig = new CacheRig(device, type, 2, headDim, [count, count], usedRow: 1);
        int[] kept = Pattern(count, pattern);
        if (asList)
        {
            device.Cache.Compact(rig.Cache, rig.Tensors.Of([1, Layer, 1], 1, 3), rig.Tensors.Of([0, kept.Length]), rig.Indices(kept));
        }
        else
        {
            device.Cache.Compact(rig.Cache, 1, Layer, 1, rig.Indices(kept));
        }

        Assert.That(rig.Count(1, Layer, 0), Is.EqualTo(count));
        var written = new HashSet<int>();
        AssertKept(rig, 1, Layer, 1, 0, kept, written);
        rig.AssertOthersUntouched(written);
        return rig.Everything();
    }

    /// <summary>Many heads, each with a list of its own; those that are not listed stay.</summary>
    public static byte[] CompactMany(ComputeDevice device, DType type)
    {
        using var rig = new CacheRig(device, type, 2, 16, [70, 33], layers: [0, 1]);
        (int Row, int Layer, int KvHead)[] heads = [(0, 0, 1), (0, 1, 0), (1, 0, 0), (1, 0, 1), (1, 1, 1)];
        int[][] lists = [.. heads.Select((head, i) => Pattern(head.KvHead == 0 ? 70 : 33, i))];
        int[] starts = [0, .. lists.Select((_, i) => lists.Take(i + 1).Sum(list => list.Length))];
        Tensor listed = rig.Tensors.Of([.. heads.SelectMany(head => new[] { head.Row, head.Layer, head.KvHead })], heads.Length, 3);
        device.Cache.Compact(rig.Cache, listed, rig.Tensors.Of(starts), rig.Indices([.. lists.SelectMany(list => list)]));
        var written = new HashSet<int>();
        for (int i = 0; i < heads.Length; i++)
        {
            AssertKept(rig, heads[i].Row, heads[i].Layer, heads[i].KvHead, 0, lists[i], written);
        }

        Assert.That(rig.Count(0, 0, 0), Is.EqualTo(70));
        Assert.That(rig.Count(1, 1, 0), Is.EqualTo(70));
        rig.AssertOthersUntouched(written);
        return rig.Everything();
    }

    /// <summary>A tree's accepted path stays, in every head of every layer.</summary>
    public static byte[] KeepAccepted(ComputeDevice device, DType type)
    {
        using var rig = new CacheRig(device, type, 3, 16, [40, 19], layers: [0, 1]);
        RaggedBatch batch = rig.Batch([2, 1, 0], [0, 9, 9, 10], [.. Enumerable.Range(0, 10)]);
        int[] accepted = [0, 2, 3, 8, 0];
        device.Cache.KeepAccepted(rig.Cache, batch, rig.Tensors.Of([0, 4, 4, 5]), rig.Tensors.Of([.. accepted, .. Enumerable.Repeat(-1, 5)]));
        var written = new HashSet<int>();
        for (int head = 0; head < CacheRig.Layers * 2; head++)
        {
            int count = head % 2 == 0 ? 40 : 19;
            AssertKept(rig, 2, head / 2, head % 2, count - 9, [0, 2, 3, 8], written);
            AssertKept(rig, 0, head / 2, head % 2, count - 1, [0], written);
            Assert.That(rig.Count(1, head / 2, head % 2), Is.EqualTo(count));
        }

        rig.AssertOthersUntouched(written);
        return rig.Everything();
    }

    /// <summary>Whole pages are copied, and no other byte.</summary>
    public static byte[] CopyPages(ComputeDevice device, DType type, int headDim)
    {
        using var rig = new CacheRig(device, type, 1, headDim, [40, 40]);
        device.Cache.CopyPages(rig.Cache, rig.Tensors.Of([1, 4]), rig.Tensors.Of([0, 3]));
        var written = new HashSet<int>();
        for (int j = 0; j < PagedKv.PageSlots; j++)
        {
            foreach ((int from, int to) in new[] { (16 + j, j), (64 + j, 48 + j) })
            {
                written.Add(to);
                Assert.That(rig.At(to), Is.EqualTo(rig.Before(from)));
            }
        }

        rig.AssertOthersUntouched(written);
        return rig.Everything();
    }

    /// <summary>One of five ways to choose among slots, from all to none.</summary>
    public static int[] Pattern(int count, int pattern) =>
        [.. Enumerable.Range(0, count).Where(i => pattern switch { 0 => true, 1 => i % 3 == 1, 2 => i == count - 1, 3 => false, _ => i < 5 || i % 2 == 0 })];

    /// <summary>Notes the places that a head's kept slots have moved to, with all that they held.</summary>
    public static void AssertKept(CacheRig rig, int row, int layer, int kvHead, int first, int[] kept, HashSet<int> written)
    {
        Assert.That(rig.Count(row, layer, kvHead), Is.EqualTo(first + kept.Length));
        for (int i = 0; i < kept.Length; i++)
        {
            int place = rig.Place(row, layer, kvHead, first + i);
            written.Add(place);
            Assert.That(rig.At(place), Is.EqualTo(rig.Before(rig.Place(row, layer, kvHead, first + kept[i]))), $"slot {first + i}");
        }
    }

    private static double L1(float[] values) => values.Sum(x => Math.Abs((double)x));

    private static double L2(float[] values) => Math.Sqrt(values.Sum(x => (double)x * x));

    private static float PlainL1(float[] values) => values.Aggregate(0f, (sum, x) => sum + MathF.Abs(x));

    private static float PlainL2(float[] values) => MathF.Sqrt(values.Aggregate(0f, (sum, x) => sum + (x * x)));
}
