using System;
using System.Linq;
using NUnit.Framework;

namespace Winnow.Kernels.Tests;

public sealed unsafe class FloatConversionTests
{
    private static readonly int[] Lengths = [0, 1, 7, 8, 9, 15, 16, 17, 31, 53];

    [Test]
    public void WidenHalf_IsExactForEveryValue()
    {
        ushort[] all = [.. Enumerable.Range(0, 65536).Select(bits => (ushort)bits)];
        float[] actual = new float[all.Length];
        fixed (ushort* source = all)
        fixed (float* destination = actual)
        {
            FloatConversion.WidenHalf(source, destination, all.Length);
        }

        for (int i = 0; i < all.Length; i++)
        {
            float expected = (float)BitConverter.UInt16BitsToHalf(all[i]);
            Assert.That(actual[i], Is.EqualTo(expected), $"bits {i:X4}");
            Assert.That(float.IsNegative(actual[i]), Is.EqualTo((i & 0x8000) != 0 || float.IsNegative(expected)));
        }
    }

    [Test]
    public void WidenHalf_OneOfThemIsNotFinite_ChangesNoOther([Values(-1, 0, 40, 95)] int at)
    {
        ushort[] halves = [.. Enumerable.Range(0, 96).Select(i => (ushort)((i * 657) & 0xFBFF))];
        if (at >= 0)
        {
            halves[at] = 0xFC00;
        }

        float[] actual = new float[halves.Length];
        fixed (ushort* source = halves)
        fixed (float* destination = actual)
        {
            FloatConversion.WidenHalf(source, destination, halves.Length);
        }

        Assert.That(actual, Is.EqualTo(halves.Select(bits => (float)BitConverter.UInt16BitsToHalf(bits))));
    }

    [TestCase(DType.F16)]
    [TestCase(DType.BF16)]
    public void Narrow_RoundsToNearestEven(DType type)
    {
        var random = new Random(1);
        float[] values = [.. Edges(type), .. Enumerable.Range(0, 100_000).Select(_ => BitConverter.Int32BitsToSingle(random.Next() ^ (random.Next(2) << 31)))];
        ushort[] actual = new ushort[values.Length];
        fixed (float* source = values)
        fixed (ushort* destination = actual)
        {
            FloatConversion.Narrow(type, source, (byte*)destination, values.Length);
        }

        for (int i = 0; i < values.Length; i++)
        {
            ushort expected = Bits(type, values[i]);
            bool bothNaN = float.IsNaN(values[i]) && float.IsNaN(Value(type, actual[i]));
            Assert.That(bothNaN || actual[i] == expected, $"{values[i]:R} gave {actual[i]:X4}, not {expected:X4}");
        }
    }

    [TestCase(DType.F32)]
    [TestCase(DType.F16)]
    [TestCase(DType.BF16)]
    public void RoundTrip_KeepsValuesAndWritesNothingElse(DType type)
    {
        foreach (int length in Lengths)
        {
            float[] values = [.. Enumerable.Range(0, length).Select(i => i - 20.5f)];
            byte[] narrow = [.. Enumerable.Repeat((byte)0xA5, (length * 4) + 64)];
            float[] wide = [.. Enumerable.Repeat(777f, length + 16)];
            fixed (float* from = values)
            fixed (byte* middle = narrow)
            fixed (float* to = wide)
            {
                FloatConversion.Narrow(type, from, middle, length);
                FloatConversion.Widen(type, middle, to, length);
            }

            Assert.That(wide[..length], Is.EqualTo(values));
            Assert.That(wide[length..], Is.All.EqualTo(777f));
            Assert.That(narrow[(length * type.BlockBytes())..], Is.All.EqualTo((byte)0xA5));
        }
    }

    private static ushort Bits(DType type, float value) =>
        type == DType.F16 ? BitConverter.HalfToUInt16Bits((Half)value) : ((BFloat16)value).Bits;

    private static float Value(DType type, ushort bits) =>
        type == DType.F16 ? (float)BitConverter.UInt16BitsToHalf(bits) : (float)new BFloat16(bits);

    // Every value of the small type, the middle to the next one, and the floats beside that middle.
    private static float[] Edges(DType type) =>
    [
        .. Enumerable.Range(0, 65536).Select(bits => Value(type, (ushort)bits)).Where(float.IsFinite).SelectMany(value =>
        {
            float step = type == DType.F16 ? MathF.Max(MathF.ScaleB(1, -24), MathF.ScaleB(1, MathF.ILogB(MathF.Abs(value) + float.Epsilon) - 10)) : 0;
            float middle = type == DType.F16
                ? value + (step / 2)
                : BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(value) | 0x8000);
            return new[] { value, middle, MathF.BitIncrement(middle), MathF.BitDecrement(middle) };
        }),
        float.NaN, float.PositiveInfinity, float.NegativeInfinity, 65519.99f, 65520f, float.MaxValue, float.Epsilon,
    ];
}
