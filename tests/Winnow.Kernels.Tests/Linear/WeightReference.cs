using System;
using System.Buffers.Binary;

namespace Winnow.Kernels.Tests.Linear;

/// <summary>Weights of every type: random bytes that are valid blocks, and their values in double precision, written from the format's description.</summary>
internal static class WeightReference
{
    public static int[] NonLinear { get; } = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

    public static DType[] Types { get; } =
    [
        DType.F32, DType.F16, DType.BF16, DType.Q4_0, DType.Q4_1, DType.Q5_0, DType.Q5_1, DType.Q8_0, DType.Q4_K, DType.Q5_K, DType.Q6_K,
        DType.IQ4_NL,
    ];

    /// <summary>Where the half scales of a block lie.</summary>
    public static int[] HalvesAt(DType type) => type switch
    {
        DType.Q6_K => [208],
        DType.Q4_1 or DType.Q5_1 or DType.Q4_K or DType.Q5_K => [0, 2],
        DType.Q4_0 or DType.Q5_0 or DType.Q8_0 or DType.IQ4_NL => [0],
        _ => [],
    };

    /// <summary>Random weights of about unit size; the scales of blocks are finite, of both signs, some of them subnormal halves.</summary>
    public static byte[] Random(DType type, int count, Random random)
    {
        byte[] bytes = new byte[type.BytesOf(count)];
        random.NextBytes(bytes);
        int size = type.BlockBytes();
        for (int at = 0; at < bytes.Length; at += size)
        {
            Span<byte> block = bytes.AsSpan(at, size);
            float value = (float)((2 * random.NextDouble()) - 1);
            switch (type)
            {
                case DType.F32:
                    BinaryPrimitives.WriteSingleLittleEndian(block, value);
                    break;
                case DType.F16:
                    BinaryPrimitives.WriteHalfLittleEndian(block, (Half)(random.Next(20) == 0 ? value * 6e-5f : value));
                    break;
                case DType.BF16:
                    BinaryPrimitives.WriteUInt16LittleEndian(block, ((BFloat16)value).Bits);
                    break;
                default:
                    foreach (int half in HalvesAt(type))
                    {
                        float scale = (float)((2 * random.NextDouble()) - 1) * (random.Next(4) == 0 ? 5e-5f : 0.02f);
                        BinaryPrimitives.WriteHalfLittleEndian(block[half..], (Half)scale);
                    }

                    break;
            }
        }

        return bytes;
    }

    public static double[] Values(DType type, ReadOnlySpan<byte> bytes)
    {
        int size = type.BlockBytes();
        int values = type.BlockValues();
        double[] result = new double[bytes.Length / size * values];
        for (int block = 0; block < bytes.Length / size; block++)
        {
            for (int i = 0; i < values; i++)
            {
                result[(block * values) + i] = Value(type, bytes.Slice(block * size, size), i);
            }
        }

        return result;
    }

    private static double Value(DType type, ReadOnlySpan<byte> b, int i)
    {
        switch (type)
        {
            case DType.F32: return BinaryPrimitives.ReadSingleLittleEndian(b);
            case DType.F16: return Half(b, 0);
            case DType.BF16: return BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(b) << 16);
            case DType.Q4_0: return Half(b, 0) * (Nibble(b, 2, i) - 8);
            case DType.Q4_1: return (Half(b, 0) * Nibble(b, 4, i)) + Half(b, 2);
            case DType.Q5_0: return Half(b, 0) * ((Nibble(b, 6, i) | (Bit(b, 2, i) << 4)) - 16);
            case DType.Q5_1: return (Half(b, 0) * (Nibble(b, 8, i) | (Bit(b, 4, i) << 4))) + Half(b, 2);
            case DType.Q8_0: return Half(b, 0) * (sbyte)b[2 + i];
            case DType.IQ4_NL: return Half(b, 0) * NonLinear[Nibble(b, 2, i)];
            case DType.Q6_K: return SixBits(b, i);
            default: return Grouped(type, b, i);
        }
    }

    private static double Grouped(DType type, ReadOnlySpan<byte> b, int i)
    {
        int group = i / 32;
        int low = (type == DType.Q4_K ? 16 : 48) + (32 * (group / 2)) + (i % 32);
        int q = group % 2 == 0 ? b[low] & 15 : b[low] >> 4;
        if (type == DType.Q5_K)
        {
            q |= ((b[16 + (i % 32)] >> group) & 1) << 4;
        }

        ReadOnlySpan<byte> s = b[4..];
        int scale = group < 4 ? s[group] & 63 : (s[group + 4] & 15) | (s[group - 4] >> 6 << 4);
        int minimum = group < 4 ? s[group + 4] & 63 : (s[group + 4] >> 4) | (s[group] >> 6 << 4);
        return (Half(b, 0) * scale * q) - (Half(b, 2) * minimum);
    }

    private static double SixBits(ReadOnlySpan<byte> b, int i)
    {
        int half = i / 128;
        int quarter = i % 128 / 32;
        int lane = i % 32;
        int low = b[(64 * half) + (quarter % 2 == 1 ? 32 : 0) + lane];
        low = quarter < 2 ? low & 15 : low >> 4;
        int high = (b[128 + (32 * half) + lane] >> (2 * quarter)) & 3;
        return Half(b, 208) * (sbyte)b[192 + (i / 16)] * ((low | (high << 4)) - 32);
    }

    private static double Half(ReadOnlySpan<byte> b, int at) => (double)BinaryPrimitives.ReadHalfLittleEndian(b[at..]);

    private static int Nibble(ReadOnlySpan<byte> b, int at, int i) => i < 16 ? b[at + i] & 15 : b[at + i - 16] >> 4;

    private static int Bit(ReadOnlySpan<byte> b, int at, int i) => (b[at + (i / 8)] >> (i % 8)) & 1;
}
