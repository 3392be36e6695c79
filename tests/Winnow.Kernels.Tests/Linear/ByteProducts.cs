using System;
using System.Buffers.Binary;
using System.Linq;

namespace Winnow.Kernels.Tests.Linear;

/// <summary>
/// The definition of products of bytes, number by number: a chain of multiply-adds in float over units of 32 inputs, of whole sums; of Q6_K both sums over 16 times their whole
/// scales. What the processor's kernels give are these bits.
/// </summary>
internal static class ByteProducts
{
    public static float Of(DType type, ReadOnlySpan<byte> row, float[] x)
    {
        float result = 0;
        int values = type.BlockValues();
        for (int unit = 0; unit < x.Length / 32; unit++)
        {
            ReadOnlySpan<byte> block = row.Slice(unit * 32 / values * type.BlockBytes(), type.BlockBytes());
            float[] inputs = x[(unit * 32)..((unit + 1) * 32)];
            float scale = RoundedInputs.ScaleOf(inputs);
            int[] whole = [.. inputs.Select(value => scale == 0 ? 0 : (int)MathF.Round(value * (1f / scale), MidpointRounding.ToEven))];
            int sum = 0;
            for (int i = 0; i < 32; i++)
            {
                int at = (unit * 32 % values) + i;
                sum += whole[i] * Whole(type, block, at) * (type == DType.Q6_K ? (sbyte)block[192 + (at / 16)] : 1);
            }

            (float factor, float minimum) = Scales(type, block, unit % (values / 32));
            result = MathF.FusedMultiplyAdd(sum, factor * scale, result);
            if (WeightReference.HalvesAt(type).Length > 1)
            {
                result = MathF.FusedMultiplyAdd(minimum, -(scale * whole.Sum()), result);
            }
        }

        return result;
    }

    private static int Whole(DType type, ReadOnlySpan<byte> b, int i)
    {
        if (type == DType.Q8_0)
        {
            return (sbyte)b[2 + i];
        }

        if (type is DType.Q4_0 or DType.Q4_1 or DType.Q5_0 or DType.Q5_1 or DType.IQ4_NL)
        {
            return OfNibble(type, i < 16 ? b[b.Length - 16 + i] & 15 : b[b.Length - 32 + i] >> 4, b, i);
        }

        if (type == DType.Q6_K)
        {
            int nibbles = b[(i / 128 * 64) + (i % 64)];
            int bits = b[128 + (i / 128 * 32) + (i % 32)] >> (i % 128 / 32 * 2);
            return ((i % 128 < 64 ? nibbles & 15 : nibbles >> 4) | ((bits & 3) << 4)) - 32;
        }

        int group = i / 32;
        int low = b[(type == DType.Q4_K ? 16 : 48) + (32 * (group / 2)) + (i % 32)];
        int fifth = type == DType.Q4_K ? 0 : (b[16 + (i % 32)] >> group) & 1;
        return (group % 2 == 0 ? low & 15 : low >> 4) | (fifth << 4);
    }

    private static int OfNibble(DType type, int nibble, ReadOnlySpan<byte> b, int i)
    {
        int fifth = type is DType.Q5_0 or DType.Q5_1 ? ((b[b.Length - 20 + (i / 8)] >> (i % 8)) & 1) << 4 : 0;
        return type switch
        {
            DType.Q4_0 => nibble - 8,
            DType.Q5_0 => (nibble | fifth) - 16,
            DType.IQ4_NL => WeightReference.NonLinear[nibble],
            _ => nibble | fifth,
        };
    }

    private static (float Scale, float Minimum) Scales(DType type, ReadOnlySpan<byte> b, int group)
    {
        float scale = (float)BinaryPrimitives.ReadHalfLittleEndian(b[WeightReference.HalvesAt(type)[0]..]);
        if (type is not (DType.Q4_K or DType.Q5_K))
        {
            return (scale, type is DType.Q4_1 or DType.Q5_1 ? -(float)BinaryPrimitives.ReadHalfLittleEndian(b[2..]) : 0);
        }

        ReadOnlySpan<byte> six = b[4..];
        int factor = group < 4 ? six[group] & 63 : (six[group + 4] & 15) | (six[group - 4] >> 6 << 4);
        int minimum = group < 4 ? six[group + 4] & 63 : (six[group + 4] >> 4) | (six[group] >> 6 << 4);
        return (scale * factor, (float)BinaryPrimitives.ReadHalfLittleEndian(b[2..]) * minimum);
    }
}
