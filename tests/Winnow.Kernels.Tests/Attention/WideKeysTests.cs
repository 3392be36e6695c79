using System;
using NUnit.Framework;
using Winnow.Kernels.Attention;
using Winnow.Kernels.Cache;

namespace Winnow.Kernels.Tests.Attention;

public sealed unsafe class WideKeysTests
{
    private const int Slots = AttentionScratch.BlockSlots;

    [Test]
    public void Transpose_GivesWhatConversionOfSingleValuesGives(
        [Values(DType.F16, DType.BF16)] DType type, [Values(8, 64, 72, 128)] int headDim)
    {
        RequireVectors();
        byte[] page = Page(type, headDim);
        float[] keys = new float[Slots * headDim];
        Array.Fill(keys, float.NaN);
        fixed (byte* from = page)
        fixed (float* to = keys)
        {
            Assert.That(WideKeys.Transpose(type, to + PagedKv.PageSlots, from, headDim, default), Is.True);
        }

        for (int i = 0; i < Slots * headDim; i++)
        {
            (int c, int j) = (i / Slots, (i % Slots) - PagedKv.PageSlots);
            float expected = j < 0 ? float.NaN : Value(type, page, (j * headDim) + c);
            Assert.That(keys[i], Is.EqualTo(expected), $"channel {c}, slot {j}");
        }
    }

    [Test]
    public void Transpose_HalfThatIsNotFinite_IsRefused([Values(0x7C00, 0xFC00, 0x7E01)] int half, [Values(0, 63, 517, 1023)] int at)
    {
        RequireVectors();
        const int HeadDim = 64;
        byte[] page = Page(DType.F16, HeadDim);
        BitConverter.TryWriteBytes(page.AsSpan(2 * at), (ushort)half);
        float[] keys = new float[Slots * HeadDim];
        fixed (byte* from = page)
        fixed (float* to = keys)
        {
            Assert.That(WideKeys.Transpose(DType.F16, to, from, HeadDim, default), Is.False);
        }
    }

    private static void RequireVectors()
    {
        if (!WideKeys.IsSupported)
        {
            Assert.Ignore("This processor has no vectors of 512 bits.");
        }
    }

    // Subnormal halves and both zeros are among the values.
    private static byte[] Page(DType type, int headDim)
    {
        var random = new Random(7);
        byte[] page = new byte[type.BytesOf(PagedKv.PageSlots * headDim)];
        for (int i = 0; i < PagedKv.PageSlots * headDim; i++)
        {
            float value = (float)((random.NextDouble() - 0.5) * Math.Pow(2, random.Next(-24, 8)));
            value = i % 50 == 0 ? (i % 100 == 0 ? 0f : -0f) : value;
            Span<byte> to = page.AsSpan((int)type.BytesOf(i));
            BitConverter.TryWriteBytes(to, type == DType.F16 ? BitConverter.HalfToUInt16Bits((Half)value) : ((BFloat16)value).Bits);
        }

        return page;
    }

    private static float Value(DType type, byte[] page, int index) => type == DType.F16
        ? (float)BitConverter.ToHalf(page, 2 * index)
        : (float)new BFloat16(BitConverter.ToUInt16(page, 2 * index));
}
