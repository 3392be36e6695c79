using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using Winnow.Formats.Gguf;
using Winnow.Formats.Quantization;
using Winnow.TestSupport;

namespace Winnow.Formats.Tests.Quantization;

public sealed class QuantizerTests
{
    [Test]
    public void Quantize_Q8RoundsHalvesAwayFromZero()
    {
        float[] x = new float[32];
        (x[0], x[1], x[2], x[3], x[4], x[31]) = (127, 0.5f, -0.5f, 2.5f, -2.5f, -126.5f);
        byte[] block = Quantize(TensorType.Q8_0, x);
        Assert.That(block[..7], Is.EqualTo(new byte[] { 0x00, 0x3C, 127, 1, 0xFF, 3, 0xFD }));
        Assert.That((sbyte)block[33], Is.EqualTo(-127));
    }

    [Test]
    public void Quantize_Q4TakesTheFirstLargestValueAsMinusEight()
    {
        float[] x = new float[32];
        (x[0], x[1], x[2], x[16], x[17]) = (-8, 8, 0.5f, -0.5f, 6.5f);
        byte[] block = Quantize(TensorType.Q4_0, x);
        Assert.That(block[..5], Is.EqualTo(new byte[] { 0x00, 0x3C, 0x00 | (8 << 4), 15 | (15 << 4), 9 | (8 << 4) }));
        x[0] = 8;
        block = Quantize(TensorType.Q4_0, x);
        Assert.That(block[..3], Is.EqualTo(new byte[] { 0x00, 0xBC, 0x00 | (9 << 4) }), "a positive extreme gives a negative scale");
    }

    [Test]
    public void Quantize_RoundTripStaysWithinTheStep([Values(TensorType.Q8_0, TensorType.Q4_0)] TensorType type)
    {
        var random = new Random(1);
        for (int trial = 0; trial < 500; trial++)
        {
            double size = Math.Pow(10, (random.NextDouble() * 8) - 4);
            float[] x = [.. Enumerable.Range(0, 32).Select(_ => (float)((random.NextDouble() - 0.5) * size))];
            var y = new float[32];
            Dequantizer.Dequantize(type, Quantize(type, x), y);
            double largest = x.Max(v => Math.Abs((double)v));

            // Half a step; for Q4_0 a whole one, because the side opposite to the extreme ends at 7. The half scale adds 2^-11 (2^-25 when tiny).
            double step = type == TensorType.Q8_0 ? largest / 127 * 0.5 : largest / 8;
            double allowed = (step * 1.0001) + (largest / 2048) + (127 * Math.Pow(2, -25));
            Assert.That(x.Zip(y, (a, b) => Math.Abs((double)a - b)).Max(), Is.LessThanOrEqualTo(allowed), $"trial {trial}");
        }
    }

    [Test]
    public void Quantize_ZerosAndTinyValuesGiveZero([Values(TensorType.Q8_0, TensorType.Q4_0)] TensorType type)
    {
        foreach (float value in new[] { 0f, -0f, 1e-42f, float.Epsilon })
        {
            var y = new float[32];
            Dequantizer.Dequantize(type, Quantize(type, [.. Enumerable.Repeat(value, 32)]), y);
            Assert.That(y, Is.All.EqualTo(0f), $"{value}");
        }
    }

    [Test]
    public void Quantize_ScaleWhoseInverseOverflowsGivesAnEmptyBlock()
    {
        float[] x = [.. Enumerable.Repeat(1e-42f, 32)];
        Assert.That(Quantize(TensorType.Q8_0, x), Is.All.EqualTo((byte)0));
    }

    [Test]
    public void Quantize_ValuesThatABlockCannotHoldThrow([Values(TensorType.Q8_0, TensorType.Q4_0)] TensorType type)
    {
        foreach (float value in new[] { float.NaN, float.PositiveInfinity, 3e38f })
        {
            var x = new float[32];
            x[17] = value;
            Assert.That(() => Quantize(type, x), Throws.ArgumentException, $"{value}");
        }

        Assert.That(() => Quantizer.Quantize(type, new float[31], new byte[34]), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => Quantizer.Quantize(TensorType.Q4_K, new float[256], new byte[144]), Throws.InstanceOf<NotSupportedException>());
    }

    [Test]
    public void Quantize_HalvesRoundTripExactly()
    {
        float[] x = [1, -2.5f, 65504, 6e-8f, 0.333251953125f];
        var y = new float[x.Length];
        Dequantizer.Dequantize(TensorType.F16, Quantize(TensorType.F16, x), y);
        Assert.That(y, Is.EqualTo(x.Select(v => (float)(Half)v)));
        Dequantizer.Dequantize(TensorType.BF16, Quantize(TensorType.BF16, x), y);
        Assert.That(y, Is.EqualTo(x.Select(v => (float)(BFloat16)v)));
    }

    [Test]
    public void Quantize_RealModelEqualsTheFileOfAnotherConverter()
    {
        using GgufFile exact = GgufFile.Open(SharedFiles.Require("models/stories260K/stories260K-f32.gguf"));
        using GgufFile expected = GgufFile.Open(SharedFiles.Require("models/stories260K/stories260K-q8_0.gguf"));
        var differences = new List<int>();
        long bytes = 0;
        foreach (TensorInfo tensor in expected.Tensors.Where(t => t.Type == TensorType.Q8_0))
        {
            var x = new float[tensor.Elements];
            exact.ReadFloats(exact.Get(tensor.Name), 0, x);
            var stored = new byte[tensor.Bytes];
            expected.Read(tensor, 0, stored);
            differences.AddRange(Quantize(TensorType.Q8_0, x).Zip(stored, (a, b) => Math.Abs((sbyte)a - (sbyte)b)).Where(d => d != 0));
            bytes += tensor.Bytes;
        }

        Assert.That(bytes, Is.GreaterThan(100_000));
        Assert.That(differences, Is.Empty);
    }

    private static byte[] Quantize(TensorType type, float[] x)
    {
        var bytes = new byte[TensorTypeInfo.BytesOf(type, x.Length)];
        Quantizer.Quantize(type, x, bytes);
        return bytes;
    }
}
