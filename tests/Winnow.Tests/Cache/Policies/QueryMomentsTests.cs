using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using NUnit.Framework;
using Winnow.Cache.Policies;
using Winnow.Kernels;

namespace Winnow.Tests.Cache.Policies;

/// <summary>Sums over queries: in pieces, without the first ones, after a norm, forked and saved.</summary>
internal sealed class QueryMomentsTests
{
    private const int Dim = PolicyHarness.HeadDim;
    private const int Columns = PolicyHarness.KvHeads * PolicyHarness.Group * Dim;
    private const int Skipped = 3;
    private const int Tokens = 11;
    private const float Epsilon = 0.01f;

    private readonly float[] _queries = Normal(Tokens * Columns);
    private readonly float[] _norm = Normal(Dim);
    private CpuDevice _device = null!;

    [SetUp]
    public void MakeDevice() => _device = new CpuDevice(1);

    [TearDown]
    public void FreeDevice() => _device.Dispose();

    [Test]
    public void Add_InPiecesGivesTheBitsOfOnePiece()
    {
        using QueryMoments whole = Moments(Tokens);
        using QueryMoments pieces = Moments(1, 1, 5, 4);

        Assert.That(pieces.Count, Is.EqualTo(Tokens - Skipped));
        Assert.That(Read(pieces), Is.EqualTo(Read(whole)));
    }

    [Test]
    public void Add_SumsNormalizedHeadsAfterTheFirstTokens()
    {
        using QueryMoments moments = Moments(Tokens);
        double[][] heads = [.. _queries.Skip(Skipped * Columns).Select(x => (double)x).Chunk(Dim).Select(Normalize)];
        int count = Columns / Dim;
        var expected = new List<double>();
        for (int head = 0; head < count; head++)
        {
            expected.AddRange(Enumerable.Range(0, Dim).Select(c => heads.Where((_, i) => i % count == head).Sum(q => q[c])));
        }

        for (int head = 0; head < count; head++)
        {
            expected.AddRange(Enumerable.Range(0, Dim * Dim).Select(at => heads.Where((_, i) => i % count == head).Sum(q => q[at / Dim] * q[at % Dim])));
        }

        // The second layer saw nothing.
        float[] actual = Read(moments);
        Assert.That(actual.Take(expected.Count), Is.EqualTo(expected).Within(1e-5));
        Assert.That(actual.Skip(expected.Count), Is.All.Zero);
    }

    [Test]
    public void Fork_KeepsWhatItHadWhileTheOtherGoesOn()
    {
        using QueryMoments moments = Moments(5, 6);
        using var fork = (QueryMoments)moments.Fork();
        float[] before = Read(moments);

        Add(moments, 0, Tokens);

        Assert.That(Read(fork), Is.EqualTo(before));
        Assert.That(fork.Count, Is.EqualTo(Tokens - Skipped));
        Assert.That(Read(moments), Is.Not.EqualTo(before));
    }

    [Test]
    public void Restore_GivesTheBitsThatWereSaved()
    {
        using QueryMoments moments = Moments(Tokens);
        using var memory = new MemoryStream();
        using (var writer = new BinaryWriter(memory, System.Text.Encoding.UTF8, leaveOpen: true))
        {
            moments.Save(writer);
        }

        memory.Position = 0;
        using var restored = new QueryMoments(_device, PolicyHarness.Config, Skipped);
        using var reader = new BinaryReader(memory);
        restored.Restore(reader);

        Assert.That(Read(restored), Is.EqualTo(Read(moments)));
        Assert.That(restored.Tokens, Is.EqualTo(Tokens));
        Assert.That(memory.Position, Is.EqualTo(memory.Length));
    }

    private static float[] Normal(int count)
    {
        var random = new Random(count);
        return [.. Enumerable.Range(0, count).Select(_ => (float)((2 * random.NextDouble()) - 1))];
    }

    private double[] Normalize(double[] head)
    {
        double root = Math.Sqrt(head.Average(x => x * x) + Epsilon);
        return [.. head.Select((x, c) => x / root * _norm[c])];
    }

    private QueryMoments Moments(params int[] steps)
    {
        var moments = new QueryMoments(_device, PolicyHarness.Config, Skipped);
        int first = 0;
        foreach (int step in steps)
        {
            Add(moments, first, step);
            first += step;
        }

        return moments;
    }

    private void Add(QueryMoments moments, int first, int tokens)
    {
        Tensor queries = Upload(_queries.AsSpan(first * Columns, tokens * Columns), new Shape(tokens, Columns));
        Tensor norm = Upload(_norm, new Shape(Dim));
        moments.Add(new KvLayer { Device = _device, Layer = 0, Input = queries, Queries = queries, QueryNorm = norm, NormEpsilon = Epsilon, Positions = default, State = moments });
        moments.Tokens += tokens;
        queries.Release();
        norm.Release();
    }

    private Tensor Upload(ReadOnlySpan<float> values, Shape shape)
    {
        Tensor tensor = _device.AllocateTensor(DType.F32, shape);
        _device.Upload(tensor, values);
        return tensor;
    }

    // Both moments, layer by layer.
    private float[] Read(QueryMoments moments) => [.. Enumerable.Range(0, PolicyHarness.Layers).SelectMany(layer =>
        (Tensor[])[moments.SumsOf(layer), moments.ProductsOf(layer)]).SelectMany(Download)];

    private float[] Download(Tensor tensor)
    {
        float[] values = new float[tensor.Shape.ElementCount];
        _device.Download(tensor, values.AsSpan());
        return values;
    }
}
