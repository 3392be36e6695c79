using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using Winnow.Kernels.Norm;

namespace Winnow.Kernels.Tests.Norm;

public sealed class CpuRopeTests
{
    private static readonly int[] Positions = [0, 1, 2, 17, 2047, 2048, 65_537, 131_071, 131_072];

    [TestCase(1f)]
    [TestCase(1.2079441f)]
    public void RopeTable_IsExactToTheLastBitOfTheFloatAngle(float magnitude)
    {
        using var device = new CpuDevice(2);
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

    [Test]
    public void Rope_AgreesWithDoublePrecision(
        [Values(128, 256, 512)] int bits, [Values] RopeLayout layout, [Values(false, true)] bool norm, [Values(8, 24, 64, 80, 128, 256)] int headDim, [Values(1, 2)] int part)
    {
        var width = (SimdWidth)bits;
        using var device = new CpuDevice(2, width);
        using var tensors = new TestTensors(device);
        var random = new Random(1);
        const int Heads = 3;
        int rotary = headDim / part;
        float[] input = TestTensors.Random(random, Positions.Length * Heads * headDim);
        float[] weight = TestTensors.Random(random, headDim);
        float[] frequencies = Frequencies(rotary);
        Tensor table = tensors.Of(new float[Positions.Length * rotary], Positions.Length, rotary / 2, 2);
        Tensor heads = tensors.Of(input, Positions.Length, Heads * headDim);
        device.Norm.RopeTable(table, tensors.Of(Positions), tensors.Of(frequencies), 1.25f);
        device.Norm.Rope(heads, headDim, table, layout, norm ? tensors.Of(weight) : default, 1e-6f);

        List<double> exact = [];
        List<float> plain = [];
        for (int start = 0; start < input.Length; start += headDim)
        {
            float[] head = input[start..(start + headDim)];
            double[] exactHead = norm ? NormReference.RmsNorm(head, weight, 1e-6f) : [.. head.Select(x => (double)x)];
            float[] plainHead = norm ? NormReference.PlainRmsNorm(head, weight, 1e-6f) : head;
            int position = Positions[start / (Heads * headDim)];
            double[] angles = [.. frequencies.Select(frequency => Angle(position, frequency))];
            exact.AddRange(NormReference.Rotate(exactHead, angles, 1.25, layout == RopeLayout.Interleaved));
            plain.AddRange(NormReference.PlainRotate(plainHead, angles, 1.25f, layout == RopeLayout.Interleaved));
        }

        Tolerance.Check(tensors.Floats(heads), [.. exact], [.. plain]);
    }

    [Test]
    public void Rope_LeavesElementsPastTheRotaryOnesAlone([Values] RopeLayout layout)
    {
        using var device = new CpuDevice(1);
        using var tensors = new TestTensors(device);
        float[] input = TestTensors.Random(new Random(1), 40);
        Tensor heads = tensors.Of(input, 1, 40);
        Tensor table = tensors.Of(TestTensors.Random(new Random(2), 12), 1, 6, 2);
        device.Norm.Rope(heads, 20, table, layout);
        float[] actual = tensors.Floats(heads);
        Assert.That(actual[12..20], Is.EqualTo(input[12..20]));
        Assert.That(actual[32..], Is.EqualTo(input[32..]));
        Assert.That(actual[..12], Is.Not.EqualTo(input[..12]));
    }

    [Test]
    public void Rope_OfATokenDependsOnNeitherOtherTokensNorThreads([Values] RopeLayout layout)
    {
        const int Tokens = 300;
        float[] input = TestTensors.Random(new Random(1), Tokens * 256);
        float[] entries = TestTensors.Random(new Random(2), Tokens * 64);
        float[] Run(int threads, int tokens)
        {
            using var device = new CpuDevice(threads);
            using var tensors = new TestTensors(device);
            Tensor heads = tensors.Of(input[..(tokens * 256)], tokens, 256);
            device.Norm.Rope(heads, 64, tensors.Of(entries[..(tokens * 64)], tokens, 32, 2), layout);
            return tensors.Floats(heads);
        }

        float[] all = Run(1, Tokens);
        Assert.That(Run(3, Tokens), Is.EqualTo(all));
        Assert.That(Run(2, 1), Is.EqualTo(all[..256]));
    }

    private static float[] Frequencies(int rotary) =>
        [.. Enumerable.Range(0, rotary / 2).Select(i => (float)Math.Pow(10_000, -2.0 * i / rotary))];

    // Models are trained with the product rounded to float.
    private static double Angle(int position, float frequency) => (float)(position * (double)frequency);
}
