using System;
using System.Linq;
using NUnit.Framework;
using Winnow.Formats.Quantization;

namespace Winnow.Formats.Tests.Quantization;

public sealed class DequantizerTests
{
    [TestCase(TensorType.Q4_0, -129.5, "0 -0.75, 1 0.5, 15 -2, 16 -0.75, 17 -0.25, 31 0")]
    [TestCase(TensorType.Q8_0, -2020, "0 21.25, 1 30.5, 15 -32, 16 -22.75, 17 -13.5, 31 -12")]
    [TestCase(TensorType.IQ4_NL, -1729.75, "0 -8.75, 1 6.25, 15 -31.75, 16 -8.75, 17 -2.5, 31 0.25")]
    [TestCase(TensorType.Q4_K, 1893210, "0 78.875, 1 -6.375, 32 2, 63 10, 64 105.125, 100 23.75, 127 20.25, 128 105.75, 200 34.625, 255 12.125")]
    [TestCase(TensorType.Q5_K, 4006862, "0 202.875, 1 -6.375, 32 28, 63 20, 64 105.125, 100 58.75, 127 -0.75, 128 261.75, 200 34.625, 255 27.125")]
    [TestCase(TensorType.Q6_K, 196105, "0 -357.75, 1 424, 15 -79.5, 16 -108, 32 57.75, 64 -760, 100 630.75, 127 375, 128 -87.75, 200 272.25, 255 -15")]
    public void Dequantize_GoldenBlockGivesExactValues(TensorType type, double weightedSum, string samples)
    {
        var y = new float[TensorTypeInfo.BlockValues(type)];
        Dequantizer.Dequantize(type, GoldenBlock(type), y);
        Assert.That(y.Select((v, i) => (double)v * (i + 1)).Sum(), Is.EqualTo(weightedSum));
        foreach (string[] sample in samples.Split(", ").Select(s => s.Split(' ')))
        {
            float expected = float.Parse(sample[1], System.Globalization.CultureInfo.InvariantCulture);
            Assert.That(y[int.Parse(sample[0])], Is.EqualTo(expected), $"{type} y{sample[0]}");
        }
    }

    [Test]
    public void Dequantize_SeveralBlocksEqualTheirSingleBlocks(
        [Values(TensorType.Q4_1, TensorType.Q5_0, TensorType.Q5_1, TensorType.Q8_0, TensorType.Q6_K)] TensorType type)
    {
        int bytes = TensorTypeInfo.BlockBytes(type);
        int values = TensorTypeInfo.BlockValues(type);
        byte[] blocks = [.. GoldenBlock(type), .. Enumerable.Reverse(GoldenBlock(type)), .. GoldenBlock(type)];
        var all = new float[3 * values];
        Dequantizer.Dequantize(type, blocks, all);
        for (int i = 0; i < 3; i++)
        {
            var one = new float[values];
            Dequantizer.Dequantize(type, blocks.AsSpan(i * bytes, bytes), one);
            Assert.That(all.AsSpan(i * values, values).ToArray(), Is.EqualTo(one));
        }
    }

    [Test]
    public void Dequantize_FiveBitAndMinimumTypesEqualTheFormula(
        [Values(TensorType.Q4_1, TensorType.Q5_0, TensorType.Q5_1)] TensorType type)
    {
        byte[] block = GoldenBlock(type);
        bool minimum = type != TensorType.Q5_0;
        bool fifth = type != TensorType.Q4_1;
        int header = minimum ? 4 : 2;
        if (minimum)
        {
            (block[2], block[3]) = (0x00, 0x30);
        }

        var y = new float[32];
        Dequantizer.Dequantize(type, block, y);
        for (int i = 0; i < 32; i++)
        {
            int q = block[header + (fifth ? 4 : 0) + (i % 16)] >> (i < 16 ? 0 : 4) & 15;
            if (fifth)
            {
                q += 16 * (block[header + (i / 8)] >> (i % 8) & 1);
            }

            double expected = (0.25 * (minimum ? q : q - 16)) + (minimum ? 0.125 : 0);
            Assert.That((double)y[i], Is.EqualTo(expected), $"y{i}");
        }
    }

    [Test]
    public void Dequantize_PlainFloatsGiveTheirValues()
    {
        var y = new float[2];
        Dequantizer.Dequantize(TensorType.F32, [0, 0, 0x80, 0x3F, 0, 0, 0x20, 0xC0], y);
        Assert.That(y, Is.EqualTo(new[] { 1f, -2.5f }));
        Dequantizer.Dequantize(TensorType.F16, [0x00, 0x3C, 0x01, 0x00], y);
        Assert.That(y, Is.EqualTo(new[] { 1f, 5.9604645e-8f }));
        Dequantizer.Dequantize(TensorType.BF16, [0x80, 0x3F, 0x20, 0xC0], y);
        Assert.That(y, Is.EqualTo(new[] { 1f, -2.5f }));
    }

    [Test]
    public void Dequantize_LengthsThatDoNotBelongTogetherThrow()
    {
        Assert.That(() => Dequantizer.Dequantize(TensorType.Q8_0, new byte[33], new float[32]), Throws.ArgumentException);
        Assert.That(() => Dequantizer.Dequantize(TensorType.Q8_0, new byte[34], new float[31]), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => Dequantizer.Dequantize(TensorType.Q2_K, new byte[84], new float[256]), Throws.InstanceOf<NotSupportedException>());
    }

    private static byte[] GoldenBlock(TensorType type)
    {
        byte[] block = [.. Enumerable.Range(0, TensorTypeInfo.BlockBytes(type)).Select(k => (byte)((37 * k) + 11))];
        int scale = type == TensorType.Q6_K ? 208 : 0;
        (block[scale], block[scale + 1]) = (0x00, 0x34);
        if (type is TensorType.Q4_K or TensorType.Q5_K)
        {
            (block[2], block[3]) = (0x00, 0x30);
        }

        return block;
    }
}
