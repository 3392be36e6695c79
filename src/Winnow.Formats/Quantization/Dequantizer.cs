using System;
using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Winnow.Formats.Quantization;

/// <summary>Turns stored tensor bytes into floats, bit for bit as the reference implementation of the formats does.</summary>
/// <remarks>Plain scalar code in the order of the definition; it is what faster kernels are checked against and what loading small tensors needs.</remarks>
public static class Dequantizer
{
    /// <summary>Converts whole blocks.</summary>
    /// <param name="type">A type for which <see cref="TensorTypeInfo.CanDequantize"/> holds.</param>
    /// <param name="source">The stored bytes; no alignment is needed.</param>
    /// <param name="destination">Receives the values; its length must be what <paramref name="source"/> holds.</param>
    /// <exception cref="ArgumentException">The lengths do not belong together, or the values are not whole blocks.</exception>
    /// <exception cref="NotSupportedException">The type cannot be turned into floats.</exception>
    public static void Dequantize(TensorType type, ReadOnlySpan<byte> source, Span<float> destination)
    {
        if (!TensorTypeInfo.CanDequantize(type))
        {
            throw new NotSupportedException($"{TensorTypeInfo.Name(type)} cannot be turned into floats; convert the model to another type.");
        }

        if (TensorTypeInfo.BytesOf(type, destination.Length) != source.Length)
        {
            throw new ArgumentException(
                $"{destination.Length} values of {type} take {TensorTypeInfo.BytesOf(type, destination.Length)} bytes, not {source.Length}.",
                nameof(source));
        }

        switch (type)
        {
            case TensorType.F32: FromFloat(source, destination); break;
            case TensorType.F16: FromHalf(source, destination); break;
            case TensorType.BF16: FromBFloat16(source, destination); break;
            default: FromBlocks(type, source, destination); break;
        }
    }

    /// <summary>The half at the start of a block, as a float.</summary>
    internal static float ReadHalf(ReadOnlySpan<byte> source) => (float)BinaryPrimitives.ReadHalfLittleEndian(source);

    private static void FromFloat(ReadOnlySpan<byte> source, Span<float> destination) =>
        source.CopyTo(MemoryMarshal.AsBytes(destination));

    private static void FromHalf(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (int i = 0; i < destination.Length; i++)
        {
            destination[i] = ReadHalf(source[(2 * i)..]);
        }
    }

    private static void FromBFloat16(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (int i = 0; i < destination.Length; i++)
        {
            destination[i] = (float)new BFloat16(BinaryPrimitives.ReadUInt16LittleEndian(source[(2 * i)..]));
        }
    }

    private static void FromBlocks(TensorType type, ReadOnlySpan<byte> source, Span<float> destination)
    {
        int bytes = TensorTypeInfo.BlockBytes(type);
        int values = TensorTypeInfo.BlockValues(type);
        for (; destination.Length > 0; source = source[bytes..], destination = destination[values..])
        {
            ReadOnlySpan<byte> block = source[..bytes];
            Span<float> y = destination[..values];
            switch (type)
            {
                case TensorType.Q4_0: SmallBlocks.DequantizeQ4_0(block, y); break;
                case TensorType.Q4_1: SmallBlocks.DequantizeQ4_1(block, y); break;
                case TensorType.Q5_0: SmallBlocks.DequantizeQ5_0(block, y); break;
                case TensorType.Q5_1: SmallBlocks.DequantizeQ5_1(block, y); break;
                case TensorType.Q8_0: SmallBlocks.DequantizeQ8_0(block, y); break;
                case TensorType.IQ4_NL: SmallBlocks.DequantizeIQ4_NL(block, y); break;
                case TensorType.Q4_K: SuperBlocks.DequantizeQ4_K(block, y); break;
                case TensorType.Q5_K: SuperBlocks.DequantizeQ5_K(block, y); break;
                case TensorType.Q6_K: SuperBlocks.DequantizeQ6_K(block, y); break;
                default: throw new NotSupportedException($"{type} has no block decoder.");
            }
        }
    }
}
