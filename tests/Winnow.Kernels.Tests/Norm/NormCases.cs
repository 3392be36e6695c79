using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using Winnow.Kernels.Linear;
using Winnow.Kernels.Norm;
using Winnow.Kernels.Tests.Linear;

namespace Winnow.Kernels.Tests.Norm;

/// <summary>What every device's norms must do: compared with double precision, with guards behind every tensor.</summary>
internal static class NormCases
{
    public static readonly int[] Positions = [0, 1, 2, 17, 2047, 2048, 65_537, 131_071, 131_072];

    private const float Epsilon = 1e-5f;

    /// <summary>All four norms of rows, and those in place.</summary>
    public static void Norms(ComputeDevice device, int rows, int columns)
    {
        using var tensors = new TestTensors(device);
        var random = new Random(1);
        float[] input = TestTensors.Random(random, (long)rows * columns);
        float[] weight = TestTensors.Random(random, columns);
        float[] bias = TestTensors.Random(random, columns);
        float[] residual = TestTensors.Random(random, (long)rows * columns);
        Tensor x = tensors.Of(input, rows, columns);
        Tensor w = tensors.Of(weight);
        Tensor b = tensors.Of(bias);
        Tensor output = tensors.Of(new float[rows * columns], rows, columns);
        double[] exact = NormReference.RmsNorm(input, weight, Epsilon);
        float[] plain = NormReference.PlainRmsNorm(input, weight, Epsilon);

        device.Norm.RmsNorm(output, x, w, Epsilon);
        float[] normed = tensors.Floats(output);
        Tolerance.Check(normed, exact, plain, "RmsNorm");

        Tensor sum = tensors.Of(residual, rows, columns);
        device.Norm.AddRmsNorm(sum, x, w, Epsilon);
        Tolerance.Check(tensors.Floats(sum), [.. exact.Zip(residual, (a, r) => a + r)], [.. plain.Zip(residual, (a, r) => a + r)], "AddRmsNorm");

        sum = tensors.Of(residual, rows, columns);
        device.Norm.AddThenRmsNorm(output, sum, x, w, Epsilon);
        float[] sums = [.. residual.Zip(input, (r, a) => r + a)];
        Assert.That(tensors.Floats(sum), Is.EqualTo(sums), "the residual of AddThenRmsNorm");
        Tolerance.Check(tensors.Floats(output), NormReference.RmsNorm(sums, weight, Epsilon), NormReference.PlainRmsNorm(sums, weight, Epsilon), "AddThenRmsNorm");
        device.Norm.RmsNorm(sum, sum, w, Epsilon);
        Assert.That(tensors.Floats(sum), Is.EqualTo(tensors.Floats(output)), "one by one");

        device.Norm.LayerNorm(output, x, w, b, Epsilon);
        Tolerance.Check(tensors.Floats(output), NormReference.LayerNorm(input, weight, bias, Epsilon), NormReference.PlainLayerNorm(input, weight, bias, Epsilon), "LayerNorm");
        device.Norm.LayerNorm(output, x, w, default, Epsilon);
        Tolerance.Check(tensors.Floats(output), NormReference.LayerNorm(input, weight, null, Epsilon), NormReference.PlainLayerNorm(input, weight, null, Epsilon), "LayerNorm without bias");

        device.Norm.RmsNorm(x, x, w, Epsilon);
        Assert.That(tensors.Floats(x), Is.EqualTo(normed), "in place");
    }

    /// <summary>The bits do not depend on where in memory a tensor begins.</summary>
    public static void Offset(ComputeDevice device, int columns)
    {
        using var tensors = new TestTensors(device);
        var random = new Random(1);
        float[] input = TestTensors.Random(random, 3 * columns);
        float[] weight = TestTensors.Random(random, columns);
        float[] Run(int before)
        {
            float[] padding = new float[before];
            Tensor View(float[] values, Shape shape) => new(tensors.Of([.. padding, .. values]).Buffer, before * sizeof(float), DType.F32, shape);
            var shape = new Shape(3, columns);
            Tensor x = View(input, shape);
            Tensor y = View(input, shape);
            Tensor w = View(weight, new Shape(columns));
            device.Norm.LayerNorm(y, x, w, w, Epsilon);
            device.Norm.AddThenRmsNorm(x, y, x, w, Epsilon);
            device.Norm.AddRmsNorm(x, y, w, Epsilon);
            device.Norm.Activate(x, Activation.Silu);
            device.Norm.Rope(x, columns, View(TestTensors.Random(new Random(7), 3 * 2 * (columns / 4)), new Shape(3, columns / 4, 2)), RopeLayout.HalfSplit, w, Epsilon);
            return tensors.Floats(x);
        }

        float[] aligned = Run(0);
        Assert.That(Run(1), Is.EqualTo(aligned));
        Assert.That(Run(2), Is.EqualTo(aligned));
    }

    /// <summary>The bits of one row do not depend on the rows around it.</summary>
    public static void RowsAlone(ComputeDevice device, int rows, int columns)
    {
        using var tensors = new TestTensors(device);
        var random = new Random(1);
        float[] input = TestTensors.Random(random, (long)rows * columns);
        Tensor w = tensors.Of(TestTensors.Random(random, columns));
        float[][] Run(float[] values)
        {
            Tensor x = tensors.Of(values, values.Length / columns, columns);
            Tensor y = tensors.Of(new float[values.Length], values.Length / columns, columns);
            Tensor z = tensors.Of(values, values.Length / columns, columns);
            device.Norm.RmsNorm(y, x, w, Epsilon);
            device.Norm.AddThenRmsNorm(x, z, y, w, Epsilon);
            device.Norm.LayerNorm(z, z, w, default, Epsilon);
            return [tensors.Floats(x), tensors.Floats(y), tensors.Floats(z)];
        }

        float[][] all = Run(input);
        Assert.That(Run(input), Is.EqualTo(all), "again");
        for (int row = 0; row < rows; row += Math.Max(1, rows / 3))
        {
            Range part = (row * columns)..((row + 1) * columns);
            Assert.That(Run(input[part]), Is.EqualTo(all.Select(values => values[part]).ToArray()), $"row {row}");
        }
    }

    public static void SoftCap(ComputeDevice device, int count)
    {
        using var tensors = new TestTensors(device);
        float[] input = TestTensors.Random(new Random(1), count, 100);
        Tensor values = tensors.Of(input);
        device.Norm.SoftCap(values, 30f);
        Tolerance.Check(tensors.Floats(values), [.. input.Select(x => 30 * Math.Tanh(x / 30.0))], [.. input.Select(x => 30 * MathF.Tanh(x / 30))]);
        Tensor alone = tensors.Of([input[^1]]);
        device.Norm.SoftCap(alone, 30f);
        Assert.That(tensors.Floats(alone)[0], Is.EqualTo(tensors.Floats(values)[^1]), "the place in the tensor");
    }

    public static void Activate(ComputeDevice device, Activation activation, int count)
    {
        using var tensors = new TestTensors(device);
        float[] input = TestTensors.Random(new Random(1), count, 12);
        Tensor values = tensors.Of(input);
        device.Norm.Activate(values, activation);
        double[] exact = [.. input.Select(x => NormReference.Activate(activation, x))];
        Tolerance.Check(tensors.Floats(values), exact, [.. input.Select(x => NormReference.PlainActivate(activation, x))]);
        Tensor alone = tensors.Of([input[^1], float.NaN]);
        device.Norm.Activate(alone, activation);
        Assert.That(tensors.Floats(alone), Is.EqualTo(new[] { tensors.Floats(values)[^1], float.NaN }), "the place in the tensor, and no number");
    }

    public static void RopeTable(ComputeDevice device, float magnitude)
    {
        using var tensors = new TestTensors(device);
        float[] frequencies = Frequencies(64);
        Tensor table = tensors.Of(new float[Positions.Length * 64], Positions.Length, 32, 2);
        device.Norm.RopeTable(table, tensors.Of(Positions), tensors.Of(frequencies), magnitude);
        float[] actual = tensors.Floats(table);
        for (int t = 0; t < Positions.Length; t++)
        {
            for (int i = 0; i < 32; i++)
            {
                double angle = Angle(Positions[t], frequencies[i]);
                (double cos, double sin) = (Math.Cos(angle) * magnitude, Math.Sin(angle) * magnitude);
                int at = ((t * 32) + i) * 2;
                Assert.That(actual[at], Is.EqualTo(cos).Within(Tolerance.Ulp(cos)), $"cos of position {Positions[t]}, pair {i}");
                Assert.That(actual[at + 1], Is.EqualTo(sin).Within(Tolerance.Ulp(sin)), $"sin of position {Positions[t]}, pair {i}");
            }
        }
    }

    public static void Rope(ComputeDevice device, RopeLayout layout, bool norm, int headDim, int rotary, int heads = 3)
    {
        using var tensors = new TestTensors(device);
        var random = new Random(1);
        float[] input = TestTensors.Random(random, Positions.Length * heads * headDim);
        float[] weight = TestTensors.Random(random, headDim);
        float[] frequencies = Frequencies(rotary);
        Tensor table = tensors.Of(new float[Positions.Length * rotary], Positions.Length, rotary / 2, 2);
        Tensor rows = tensors.Of(input, Positions.Length, heads * headDim);
        device.Norm.RopeTable(table, tensors.Of(Positions), tensors.Of(frequencies), 1.25f);
        device.Norm.Rope(rows, headDim, table, layout, norm ? tensors.Of(weight) : default, 1e-6f);
        (double[] exact, float[] plain) = Rotated(input, heads * headDim, headDim, layout, norm ? weight : null, frequencies, Positions);
        float[] actual = tensors.Floats(rows);
        Tolerance.Check(actual, exact, plain);
        for (int i = 0; i < actual.Length && !norm; i++)
        {
            Assert.That(i % headDim < rotary || actual[i] == input[i], "elements past the rotary ones stay");
        }
    }

    public static void Embed(ComputeDevice device, DType type, float scale, int hidden, int tokens = 64, bool isArranged = false)
    {
        using var tensors = new TestTensors(device);
        var random = new Random(1);
        const int Vocab = 33;
        byte[] bytes = WeightReference.Random(type, Vocab * hidden, random);
        double[] values = WeightReference.Values(type, bytes);
        int[] ids = [32, 0, 7, 7, .. Enumerable.Range(0, tokens - 4).Select(_ => random.Next(Vocab))];
        Tensor output = tensors.Of(new float[ids.Length * hidden], ids.Length, hidden);
        Tensor table = new(tensors.Of(DType.U8, bytes).Buffer, 0, type, new Shape(Vocab, hidden));
        device.Norm.Embed(output, isArranged ? device.Linear.Arrange(table) : table, tensors.Of(ids), scale);
        float[] actual = tensors.Floats(output);
        for (int i = 0; i < actual.Length; i++)
        {
            // A minimum and a scale round once each.
            double expected = values[(ids[i / hidden] * hidden) + (i % hidden)] * scale;
            Assert.That(actual[i], Is.EqualTo(expected).Within(1.5 * Tolerance.Ulp(expected)), $"value {i}");
        }
    }

    /// <summary>Rows of heads, normalized where there is a weight and rotated by their positions' angles times 1.25.</summary>
    public static (double[] Exact, float[] Plain) Rotated(
        float[] input, int columns, int headDim, RopeLayout layout, float[]? weight, float[] frequencies, int[] positions)
    {
        List<double> exact = [];
        List<float> plain = [];
        for (int start = 0; start < input.Length; start += headDim)
        {
            float[] head = input[start..(start + headDim)];
            double[] exactHead = weight is null ? [.. head.Select(x => (double)x)] : NormReference.RmsNorm(head, weight, 1e-6f);
            float[] plainHead = weight is null ? head : NormReference.PlainRmsNorm(head, weight, 1e-6f);
            double[] angles = [.. frequencies.Select(frequency => Angle(positions[start / columns], frequency))];
            exact.AddRange(NormReference.Rotate(exactHead, angles, 1.25, layout == RopeLayout.Interleaved));
            plain.AddRange(NormReference.PlainRotate(plainHead, angles, 1.25f, layout == RopeLayout.Interleaved));
        }

        return ([.. exact], [.. plain]);
    }

    public static float[] Frequencies(int rotary) =>
        [.. Enumerable.Range(0, rotary / 2).Select(i => (float)Math.Pow(10_000, -2.0 * i / rotary))];

    // Models are trained with the product rounded to float.
    private static double Angle(int position, float frequency) => (float)(position * (double)frequency);
}
