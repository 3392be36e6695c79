using System;
using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Winnow.Formats.Quantization;

/// <summary>Turns floats into stored tensor bytes, rounding as the reference implementation of the formats does.</summary>
public static class Quantizer
{
    private const int BlockValues = 32;
    private const float LargestHalf = 65504;

    /// <summary>Whether <see cref="Quantize"/> can produce the type: F32, F16, BF16, Q8_0 and Q4_0.</summary>
    /// <param name="type">Any value.</param>
    public static bool CanQuantize(TensorType type) =>
        type is TensorType.F32 or TensorType.F16 or TensorType.BF16 or TensorType.Q8_0 or TensorType.Q4_0;

    /// <summary>Converts whole blocks.</summary>
    /// <param name="type">A type for which <see cref="CanQuantize"/> holds.</param>
    /// <param name="source">The values. F16 turns those above 65504 into infinity; the block types refuse what they cannot hold.</param>
    /// <param name="destination">Receives the bytes; its length must be what the values take.</param>
    /// <exception cref="ArgumentException">
    /// The lengths do not belong together, the values are not whole blocks, or a block holds a value that is not finite or too large for
    /// the half-precision scale of the block.
    /// </exception>
    /// <exception cref="NotSupportedException">The type cannot be produced.</exception>
    public static void Quantize(TensorType type, ReadOnlySpan<float> source, Span<byte> destination)
    {
        if (!CanQuantize(type))
        {
            throw new NotSupportedException(
                $"Winnow does not write {TensorTypeInfo.Name(type)}; choose F32, F16, BF16, Q8_0 or Q4_0.");
        }

        if (TensorTypeInfo.BytesOf(type, source.Length) != destination.Length)
        {
            throw new ArgumentException(
                $"{source.Length} values of {type} take {TensorTypeInfo.BytesOf(type, source.Length)} bytes, not {destination.Length}.",
                nameof(destination));
        }

        switch (type)
        {
            case TensorType.F32: MemoryMarshal.AsBytes(source).CopyTo(destination); break;
            case TensorType.F16: ToHalf(source, destination); break;
            case TensorType.BF16: ToBFloat16(source, destination); break;
            default: ToBlocks(type, source, destination); break;
        }
    }

    private static void ToHalf(ReadOnlySpan<float> source, Span<byte> destination)
    {
        for (int i = 0; i < source.Length; i++)
        {
            BinaryPrimitives.WriteHalfLittleEndian(destination[(2 * i)..], (Half)source[i]);
        }
    }

    private static void ToBFloat16(ReadOnlySpan<float> source, Span<byte> destination)
    {
        for (int i = 0; i < source.Length; i++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(destination[(2 * i)..], ((BFloat16)source[i]).Bits);
        }
    }

    private static void ToBlocks(TensorType type, ReadOnlySpan<float> source, Span<byte> destination)
    {
        int bytes = TensorTypeInfo.BlockBytes(type);
        for (; source.Length > 0; source = source[BlockValues..], destination = destination[bytes..])
        {
            ReadOnlySpan<float> x = source[..BlockValues];
            if (type == TensorType.Q8_0)
            {
                ToQ8(x, destination[..bytes]);
            }
            else
            {
                ToQ4(x, destination[..bytes]);
            }
        }
    }

    private static void ToQ8(ReadOnlySpan<float> x, Span<byte> block)
    {
        float scale = MathF.Abs(Extreme(x)) / 127;
        float inverse = Inverse(scale);
        BinaryPrimitives.WriteHalfLittleEndian(block, (Half)scale);
        for (int i = 0; i < BlockValues; i++)
        {
            // Halves away from zero, as C's roundf.
            block[2 + i] = (byte)(sbyte)MathF.Round(x[i] * inverse, MidpointRounding.AwayFromZero);
        }
    }

    private static void ToQ4(ReadOnlySpan<float> x, Span<byte> block)
    {
        // Signed: the value of largest magnitude becomes -8, the only code without a counterpart.
        float scale = Extreme(x) / -8;
        float inverse = Inverse(scale);
        BinaryPrimitives.WriteHalfLittleEndian(block, (Half)scale);
        for (int i = 0; i < BlockValues / 2; i++)
        {
            int low = Math.Min(15, (int)((x[i] * inverse) + 8.5f));
            int high = Math.Min(15, (int)((x[i + 16] * inverse) + 8.5f));
            block[2 + i] = (byte)(low | (high << 4));
        }
    }

    // The first value of the largest magnitude, with its sign.
    private static float Extreme(ReadOnlySpan<float> x)
    {
        float extreme = 0;
        foreach (float value in x)
        {
            if (!float.IsFinite(value))
            {
                throw new ArgumentException($"A value is {value}; block types hold finite values only.", nameof(x));
            }

            extreme = MathF.Abs(value) > MathF.Abs(extreme) ? value : extreme;
        }

        return extreme;
    }

    private static float Inverse(float scale)
    {
        if (MathF.Abs(scale) > LargestHalf)
        {
            throw new ArgumentException($"The block's scale {scale} does not fit into half precision; the values are too large for this type.");
        }

        // Below the smallest normal float the inverse would be infinite, and the half is zero long before.
        float inverse = scale == 0 ? 0 : 1 / scale;
        return float.IsFinite(inverse) ? inverse : 0;
    }
}
