using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using Winnow.Kernels.Cache;
using Winnow.Kernels.Norm;
using Winnow.Kernels.Tests.Norm;

namespace Winnow.Kernels.Tests.Cache;

/// <summary>The pass before attention: norms and rotation of queries and keys, and the append.</summary>
internal sealed class RotatedCase(DType type, RopeLayout layout, int headDim, int rotary, bool normed)
{
    private const int Layer = 1;
    private const int Heads = 4;
    private const int KvHeads = 2;

    private static readonly SlotNorms KeyNorm = new() { KeyL2 = 1 };
    private static readonly int[] Positions = [3, 4, 5, 9, 10, 131_072, 12];
    private static readonly int[] Starts = [0, 3, 3, 7];

    private readonly float[] _queries = TestTensors.Random(new Random(1), 7 * Heads * headDim);
    private readonly float[] _keys = TestTensors.Random(new Random(2), 7 * KvHeads * headDim);
    private readonly float[] _values = TestTensors.Random(new Random(3), 7 * KvHeads * headDim);
    private readonly float[] _queryNorm = TestTensors.Random(new Random(4), headDim);
    private readonly float[] _keyNorm = TestTensors.Random(new Random(5), headDim);

    /// <summary>Compares with double precision, slot by slot.</summary>
    public void Check(ComputeDevice device)
    {
        using var rig = new CacheRig(device, type, 3, headDim, [3, 14]);
        float[] frequencies = NormCases.Frequencies(rotary);
        float[] queries = Run(rig, device, fused: true, KeyNorm);
        (double[] exact, float[] plain) = NormCases.Rotated(_queries, Heads * headDim, headDim, layout, normed ? _queryNorm : null, frequencies, Positions);
        Tolerance.Check(queries, exact, plain, "queries");
        (exact, plain) = NormCases.Rotated(_keys, KvHeads * headDim, headDim, layout, normed ? _keyNorm : null, frequencies, Positions);
        float[] stored = CacheRig.Widen(type, CacheRig.Narrow(type, plain));
        var written = new HashSet<int>();
        float[] keys = new float[stored.Length];
        List<float> attributes = [];
        List<double> norms = [];
        List<float> plainNorms = [];
        for (int head = 0; head < 7 * KvHeads; head++)
        {
            Range part = (head * headDim)..((head + 1) * headDim);
            int place = PlaceOf(rig, head / KvHeads, head % KvHeads);
            written.Add(place);
            rig.Key(place).CopyTo(keys.AsSpan(part));
            Assert.That(rig.Value(place), Is.EqualTo(CacheRig.Widen(type, CacheRig.Narrow(type, _values[part]))));
            Assert.That(rig.Tensors.Ints(rig.Cache.Positions)[place], Is.EqualTo(Positions[head / KvHeads]));
            attributes.AddRange(rig.Attributes(place));
            norms.AddRange([0, Math.Sqrt(exact[part].Sum(x => x * x)), 0]);
            plainNorms.AddRange([0, MathF.Sqrt(plain[part].Aggregate(0f, (sum, x) => sum + (x * x))), 0]);
        }

        Tolerance.Check(keys, exact, stored, "keys");
        Tolerance.Check([.. attributes], [.. norms], [.. plainNorms], "the norms of keys");
        Assert.That(Enumerable.Range(0, 3).Select(row => rig.Count(row, Layer, 1)), Is.EqualTo(new[] { 14, 18, 17 }));
        rig.AssertOthersUntouched(written);
    }

    /// <summary>The same bits as the operations one by one; norms of slots aside, whose sums may have another order.</summary>
    public void CheckAgainstSteps(ComputeDevice device)
    {
        using var rig = new CacheRig(device, type, 3, headDim, [3, 14]);
        using var other = new CacheRig(device, type, 3, headDim, [3, 14]);
        float[] fused = Run(rig, device, fused: true, norms: default);
        Assert.That(Run(other, device, fused: false, norms: default), Is.EqualTo(fused));
        Assert.That(other.Everything(), Is.EqualTo(rig.Everything()));
    }

    /// <summary>Every byte that a run leaves behind.</summary>
    public byte[] Bytes(ComputeDevice device)
    {
        using var rig = new CacheRig(device, type, 3, headDim, [3, 14]);
        float[] queries = Run(rig, device, fused: true, KeyNorm);
        return [.. CacheRig.Narrow(DType.F32, queries), .. rig.Everything()];
    }

    /// <summary>A token's query and slot have the same bits when its sequence goes alone, and token by token.</summary>
    public void CheckAlone(ComputeDevice device)
    {
        using var rig = new CacheRig(device, type, 3, headDim, [3, 14]);
        using var other = new CacheRig(device, type, 3, headDim, [3, 14]);
        float[] all = Run(rig, device, fused: true, KeyNorm);
        List<float> alone = [];
        for (int token = 0; token < 7; token++)
        {
            alone.AddRange(Run(other, device, fused: true, KeyNorm, token));
        }

        Assert.That(alone, Is.EqualTo(all));
        Assert.That(other.Everything(), Is.EqualTo(rig.Everything()));
    }

    private static int PlaceOf(CacheRig rig, int token, int kvHead)
    {
        (int row, int first) = token < 3 ? (2, 0) : (1, 3);
        return rig.Place(row, Layer, kvHead, (kvHead == 0 ? 3 : 14) + token - first);
    }

    private float[] Run(CacheRig rig, ComputeDevice device, bool fused, SlotNorms norms, int? only = null)
    {
        TestTensors tensors = rig.Tensors;
        (int first, int tokens) = only is int token ? (token, 1) : (0, 7);
        Tensor queries = tensors.Of(Part(_queries, Heads), tokens, Heads * headDim);
        Tensor keys = tensors.Of(Part(_keys, KvHeads), tokens, KvHeads * headDim);
        Tensor values = tensors.Of(Part(_values, KvHeads), tokens, KvHeads * headDim);
        int[] positions = Positions[first..(first + tokens)];
        RaggedBatch batch = only is null ? rig.Batch([2, 0, 1], Starts, positions) with { MostTokens = 4 } : rig.Batch([first < 3 ? 2 : 1], [0, 1], positions);
        Tensor table = tensors.Of(new float[tokens * rotary], tokens, rotary / 2, 2);
        device.Norm.RopeTable(table, batch.Positions, tensors.Of(NormCases.Frequencies(rotary)), 1.25f);
        Tensor queryNorm = normed ? tensors.Of(_queryNorm) : default;
        Tensor keyNorm = normed ? tensors.Of(_keyNorm) : default;
        if (fused)
        {
            var rotation = new Rotation { Table = table, Layout = layout, QueryNorm = queryNorm, KeyNorm = keyNorm, Epsilon = 1e-6f };
            device.Cache.AppendRotated(rig.Cache, batch, Layer, queries, keys, values, rotation, norms);
        }
        else
        {
            device.Norm.Rope(queries, headDim, table, layout, queryNorm, 1e-6f);
            device.Norm.Rope(keys, headDim, table, layout, keyNorm, 1e-6f);
            device.Cache.Append(rig.Cache, batch, Layer, keys, values, norms);
        }

        return tensors.Floats(queries);

        float[] Part(float[] whole, int heads) => whole[(first * heads * headDim)..((first + tokens) * heads * headDim)];
    }
}
