using System;
using System.Linq;
using NUnit.Framework;
using Winnow.Kernels.Linear;
using Winnow.Kernels.Linear.Cpu;

namespace Winnow.Kernels.Tests.Linear;

public sealed unsafe class RowDequantizerTests
{
    [TestCase(DType.Q4_0, -129.5, 17, -0.25)]
    [TestCase(DType.Q8_0, -2020, 15, -32)]
    [TestCase(DType.IQ4_NL, -1729.75, 31, 0.25)]
    [TestCase(DType.Q4_K, 1893210, 127, 20.25)]
    [TestCase(DType.Q5_K, 4006862, 255, 27.125)]
    [TestCase(DType.Q6_K, 196105, 100, 630.75)]
    public void Dequantize_GivesTheGoldenBlocks(DType type, double weightedSum, int at, double value)
    {
        byte[] block = [.. Enumerable.Range(0, type.BlockBytes()).Select(k => (byte)((37 * k) + 11))];
        int[] halves = WeightReference.HalvesAt(type);
        BitConverter.TryWriteBytes(block.AsSpan(halves[0]), (Half)0.25f);
        if (halves.Length > 1)
        {
            BitConverter.TryWriteBytes(block.AsSpan(halves[1]), (Half)0.125f);
        }

        foreach (int width in LinearFixture.Widths)
        {
            float[] values = Dequantize(type, block, width);
            Assert.That(values.Select((y, i) => (double)y * (i + 1)).Sum(), Is.EqualTo(weightedSum));
            Assert.That(values[at], Is.EqualTo(value));
        }
    }

    [TestCaseSource(typeof(WeightReference), nameof(WeightReference.Types))]
    public void Dequantize_RoundsTheExactValueOnce(DType type)
    {
        for (int blocks = 1; blocks <= 70; blocks += blocks < 5 ? 1 : 13)
        {
            byte[] bytes = WeightReference.Random(type, blocks * type.BlockValues(), new Random(1));
            float[] expected = [.. WeightReference.Values(type, bytes).Select(v => (float)v)];
            foreach (int width in LinearFixture.Widths)
            {
                Assert.That(Dequantize(type, bytes, width), Is.EqualTo(expected), $"{blocks} blocks, {width} bits");
            }
        }
    }

    [Test]
    public void Dequantize_GivesEveryHalfItsValue()
    {
        ushort[] halves = [.. Enumerable.Range(0, 65536).Select(h => (ushort)h)];
        byte[] bytes = new byte[2 * halves.Length];
        Buffer.BlockCopy(halves, 0, bytes, 0, bytes.Length);
        float[] expected = [.. halves.Select(h => (float)BitConverter.UInt16BitsToHalf(h))];
        foreach (int width in LinearFixture.Widths)
        {
            Assert.That(Dequantize(DType.F16, bytes, width), Is.EqualTo(expected), $"{width} bits");
        }
    }

    [Test]
    public void Dequantize_RefusesTypesThatAreNotWeights()
    {
        Assert.That(() => Dequantize(DType.I32, new byte[4], 128), Throws.ArgumentException);
    }

    private static float[] Dequantize(DType type, byte[] bytes, int width)
    {
        float[] padded = new float[(bytes.Length / type.BlockBytes() * type.BlockValues()) + 2];
        Array.Fill(padded, 12345f);
        fixed (byte* row = bytes)
        fixed (float* output = padded)
        {
            RowDequantizer.Dequantize(LinearKernel.Create(width), type, row, padded.Length - 2, output + 1);
        }

        Assert.That(padded[0], Is.EqualTo(12345f), "the value before the output was overwritten");
        Assert.That(padded[^1], Is.EqualTo(12345f), "the value after the output was overwritten");
        return padded[1..^1];
    }
}
