using System;
using System.Linq;
using NUnit.Framework;
using Winnow.Kernels.Reduction;

namespace Winnow.Kernels.Tests.Reduction;

/// <summary>What every device's operations on rows of vectors must do.</summary>
internal static class VectorCases
{
    public static readonly string[] WrongOperands =
        ["vectors", "mean", "no form", "matrices", "linear", "dim", "forms lengths", "sums", "sums overlap", "lag", "sinks", "deviations"];

    /// <summary>Means of the vectors that exist.</summary>
    public static void Means(ComputeDevice device, int entries, int dim)
    {
        int[] lengths = RowCases.Lengths(entries);
        float[] input = RowCases.Poisoned(new Random(dim), lengths, entries, dim);
        using var tensors = new TestTensors(device);
        Tensor output = tensors.Of(RowCases.Garbage(lengths.Length * dim), lengths.Length, dim);
        device.Reduction.MeanVectors(output, tensors.Of(input, lengths.Length, entries, dim), tensors.Of(lengths));
        double[] exact = new double[lengths.Length * dim];
        float[] plain = new float[exact.Length];
        for (int r = 0; r < lengths.Length; r++)
        {
            float[][] vectors = [.. Vectors(input, r, entries, dim).Take(lengths[r])];
            for (int c = 0; c < dim && vectors.Length > 0; c++)
            {
                exact[(r * dim) + c] = vectors.Average(vector => (double)vector[c]);
                plain[(r * dim) + c] = vectors.Aggregate(0f, (sum, vector) => sum + vector[c]) / vectors.Length;
            }
        }

        Tolerance.Check(tensors.Floats(output), exact, plain);
    }

    /// <summary>Linear and quadratic forms, together and alone; a vector has the same bits wherever it is.</summary>
    public static void Forms(ComputeDevice device, int entries, int dim, bool hasMatrices, bool hasLinear)
    {
        const float A = 0.25f, B = -0.125f;
        int[] lengths = [.. RowCases.Lengths(entries), entries];
        var random = new Random(dim);
        float[] input = RowCases.Poisoned(random, lengths, entries, dim);
        input.AsSpan(0, dim).CopyTo(input.AsSpan(input.Length - dim));
        float[] matrices = TestTensors.Random(random, lengths.Length * dim * dim, 1), linear = TestTensors.Random(random, lengths.Length * dim, 1);
        matrices.AsSpan(0, dim * dim).CopyTo(matrices.AsSpan(matrices.Length - (dim * dim)));
        linear.AsSpan(0, dim).CopyTo(linear.AsSpan(linear.Length - dim));
        using var tensors = new TestTensors(device);
        Tensor output = tensors.Of(RowCases.Garbage(lengths.Length * entries), lengths.Length, entries);
        device.Reduction.QuadraticForms(
            output, tensors.Of(input, lengths.Length, entries, dim), hasMatrices ? tensors.Of(matrices, lengths.Length, dim, dim) : default,
            hasLinear ? tensors.Of(linear, lengths.Length, dim) : default, A, B, tensors.Of(lengths));
        double[] exact = new double[lengths.Length * entries];
        float[] plain = new float[exact.Length];
        for (int i = 0; i < exact.Length; i++)
        {
            if (i % entries < lengths[i / entries])
            {
                float[] v = input[(i * dim)..((i + 1) * dim)];
                float[] m = hasMatrices ? matrices[(i / entries * dim * dim)..((i / entries * dim * dim) + (dim * dim))] : [];
                float[] l = hasLinear ? linear[(i / entries * dim)..((i / entries * dim) + dim)] : [];
                exact[i] = (A * l.Zip(v, (x, y) => (double)x * y).Sum()) + (B * m.Select((x, at) => (double)x * v[at / dim] * v[at % dim]).Sum());
                plain[i] = (A * l.Zip(v, (x, y) => x * y).Aggregate(0f, (sum, x) => sum + x)) + (B * PlainForm(m, v));
            }
        }

        float[] actual = tensors.Floats(output);
        Tolerance.Check(actual, exact, plain);
        Assert.That(actual[^1], Is.EqualTo(actual[0]), "the same vector in another place");
    }

    /// <summary>Second moments; tokens in pieces give the bits of all at once, on every device.</summary>
    public static void Moments(ComputeDevice device, int heads, int dim, int tokens)
    {
        var random = new Random(dim);
        float[] input = TestTensors.Random(random, tokens * heads * dim), start = TestTensors.Random(random, heads * dim * dim);
        using var tensors = new TestTensors(device);
        Tensor rows = tensors.Of(input, tokens, heads * dim), whole = tensors.Of(start, heads, dim, dim), pieces = tensors.Of(start, heads, dim, dim);
        device.Reduction.AddOuterProducts(whole, rows);
        int part = tokens / 3;
        device.Reduction.AddOuterProducts(pieces, rows.Rows(0, part));
        device.Reduction.AddOuterProducts(pieces, rows.Rows(part, 0));
        device.Reduction.AddOuterProducts(pieces, rows.Rows(part, tokens - part));
        double[] exact = [.. start.Select(value => (double)value)];
        float[] plain = [.. start];
        for (int i = 0; i < exact.Length; i++)
        {
            (int head, int row, int column) = (i / dim / dim * dim, i / dim % dim, i % dim);
            for (int t = 0; t < tokens; t++)
            {
                (float x, float y) = (input[(t * heads * dim) + head + row], input[(t * heads * dim) + head + column]);
                exact[i] += (double)x * y;
                plain[i] += x * y;
            }
        }

        float[] actual = tensors.Floats(whole);
        Tolerance.Check(actual, exact, plain);
        Assert.That(tensors.Floats(pieces), Is.EqualTo(actual), "in pieces");
        RowCases.SameOnTheProcessor(actual, (processor, others, result) =>
        {
            Tensor sums = result.Reshape(new Shape(heads, dim, dim));
            processor.Upload<float>(sums, start);
            processor.Reduction.AddOuterProducts(sums, others.Of(input, tokens, heads * dim));
        });
    }

    /// <summary>Deviations on the scale of the next partition, written out; one channel is constant in one partition.</summary>
    public static void Deviates(ComputeDevice device, int entries, int dim, int sinks, int lag)
    {
        int[] lengths = RowCases.Lengths(entries);
        float[] input = RowCases.Poisoned(new Random(dim), lengths, entries, dim);
        for (int e = 0; e < entries; e++)
        {
            input[e * dim] = e >= sinks + lag && e < sinks + (2 * lag) ? 0.5f : input[e * dim];
        }

        using var tensors = new TestTensors(device);
        Tensor output = tensors.Of(RowCases.Garbage(lengths.Length * entries), lengths.Length, entries);
        device.Reduction.LagDeviation(output, tensors.Of(input, lengths.Length, entries, dim), sinks, lag, tensors.Of(lengths));
        double[] exact = new double[lengths.Length * entries];
        float[] plain = new float[exact.Length];
        int scored = 0;
        for (int i = 0; i < exact.Length; i++)
        {
            int next = sinks + ((((i % entries) - sinks) / lag) + 1) * lag;
            if (i % entries >= sinks && next + lag <= Math.Min(entries, lengths[i / entries]))
            {
                float[][] reference = [.. Vectors(input, i / entries, entries, dim).Skip(next).Take(lag)];
                float[] vector = input[(i * dim)..((i + 1) * dim)];
                (exact[i], plain[i]) = (Deviation(vector, reference), PlainDeviation(vector, reference));
                scored++;
            }
        }

        Assert.That(scored > 0, Is.EqualTo(entries >= sinks + (2 * lag)), "the case has scores");
        Tolerance.Check(tensors.Floats(output), exact, plain);
    }

    /// <summary>Operands that do not fit are an error of the caller before anything is done.</summary>
    public static void Refuses(ComputeDevice device, string broken)
    {
        using var tensors = new TestTensors(device);
        IReduction reduction = device.Reduction;
        Tensor vectors = tensors.Of(new float[24], 2, 3, 4), mean = tensors.Of(new float[8], 2, 4), scores = tensors.Of(new float[6], 2, 3);
        Tensor matrices = tensors.Of(new float[32], 2, 4, 4), three = tensors.Of(new int[3]), rows = tensors.Of(new float[24], 3, 8);
        Tensor wide = tensors.Of(new float[257], 1, 1, 257), one = tensors.Of(new float[1]), wideLinear = tensors.Of(new float[257]);
        Action act = broken switch
        {
            "vectors" => () => reduction.MeanVectors(mean, mean),
            "mean" => () => reduction.MeanVectors(scores, vectors),
            "no form" => () => reduction.QuadraticForms(scores, vectors, default, default, 1, 1),
            "matrices" => () => reduction.QuadraticForms(scores, vectors, mean, mean, 1, 1),
            "linear" => () => reduction.QuadraticForms(scores, vectors, matrices, matrices, 1, 1),
            "dim" => () => reduction.QuadraticForms(one, wide, default, wideLinear, 1, 1),
            "forms lengths" => () => reduction.QuadraticForms(scores, vectors, matrices, mean, 1, 1, three),
            "sums" => () => reduction.AddOuterProducts(mean, rows),
            "sums overlap" => () => reduction.AddOuterProducts(matrices, matrices.Reshape(new Shape(4, 8))),
            "lag" => () => reduction.LagDeviation(scores, vectors, 0, 0),
            "sinks" => () => reduction.LagDeviation(scores, vectors, -1, 1),
            _ => () => reduction.LagDeviation(mean, vectors, 0, 1),
        };
        Assert.That(act, Throws.ArgumentException);
    }

    private static float[][] Vectors(float[] input, int row, int entries, int dim) => [.. input.Chunk(dim).Skip(row * entries).Take(entries)];

    private static float PlainForm(float[] matrix, float[] v)
    {
        float form = 0;
        for (int column = 0; column < v.Length && matrix.Length > 0; column++)
        {
            float product = 0;
            for (int i = 0; i < v.Length; i++)
            {
                product += v[i] * matrix[(i * v.Length) + column];
            }

            form += product * v[column];
        }

        return form;
    }

    private static double Deviation(float[] vector, float[][] reference)
    {
        double[] scaled = [.. vector.Select((value, c) =>
        {
            (double low, double high) = (reference.Min(other => other[c]), reference.Max(other => other[c]));
            return low == high ? 0 : (value - low) / (high - low);
        })];
        double mean = scaled.Average();
        return scaled.Length == 1 ? 0 : Math.Sqrt(scaled.Sum(x => (x - mean) * (x - mean)) / (scaled.Length - 1));
    }

    private static float PlainDeviation(float[] vector, float[][] reference)
    {
        float[] scaled = [.. vector.Select((value, c) =>
        {
            (float low, float high) = (reference.Min(other => other[c]), reference.Max(other => other[c]));
            return low == high ? 0 : (value - low) / (high - low);
        })];
        float mean = scaled.Aggregate(0f, (sum, x) => sum + x) / scaled.Length;
        return scaled.Length == 1 ? 0 : MathF.Sqrt(scaled.Aggregate(0f, (sum, x) => sum + ((x - mean) * (x - mean))) / (scaled.Length - 1));
    }
}
