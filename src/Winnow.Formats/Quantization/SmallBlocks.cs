using System;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Winnow.Formats.Quantization;

/// <summary>The types of 32 values per block. Low nibbles are the first half of a block, high nibbles the second.</summary>
[SuppressMessage("Naming", "CA1707", Justification = "The underscore is part of the names by which the field knows these types.")]
internal static class SmallBlocks
{
    private const int Half = 16;

    private static ReadOnlySpan<sbyte> NonLinear => [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

    public static void DequantizeQ4_0(ReadOnlySpan<byte> block, Span<float> y)
    {
        float d = Dequantizer.ReadHalf(block);
        for (int i = 0; i < Half; i++)
        {
            byte pair = block[2 + i];
            y[i] = d * ((pair & 15) - 8);
            y[Half + i] = d * ((pair >> 4) - 8);
        }
    }

    public static void DequantizeQ4_1(ReadOnlySpan<byte> block, Span<float> y)
    {
        float d = Dequantizer.ReadHalf(block);
        float minimum = Dequantizer.ReadHalf(block[2..]);
        for (int i = 0; i < Half; i++)
        {
            byte pair = block[4 + i];
            y[i] = (d * (pair & 15)) + minimum;
            y[Half + i] = (d * (pair >> 4)) + minimum;
        }
    }

    public static void DequantizeQ5_0(ReadOnlySpan<byte> block, Span<float> y)
    {
        float d = Dequantizer.ReadHalf(block);
        uint fifth = BinaryPrimitives.ReadUInt32LittleEndian(block[2..]);
        for (int i = 0; i < Half; i++)
        {
            byte pair = block[6 + i];
            y[i] = d * (((pair & 15) | FifthBit(fifth, i)) - 16);
            y[Half + i] = d * (((pair >> 4) | FifthBit(fifth, Half + i)) - 16);
        }
    }

    public static void DequantizeQ5_1(ReadOnlySpan<byte> block, Span<float> y)
    {
        float d = Dequantizer.ReadHalf(block);
        float minimum = Dequantizer.ReadHalf(block[2..]);
        uint fifth = BinaryPrimitives.ReadUInt32LittleEndian(block[4..]);
        for (int i = 0; i < Half; i++)
        {
            byte pair = block[8 + i];
            y[i] = (d * ((pair & 15) | FifthBit(fifth, i))) + minimum;
            y[Half + i] = (d * ((pair >> 4) | FifthBit(fifth, Half + i))) + minimum;
        }
    }

    public static void DequantizeQ8_0(ReadOnlySpan<byte> block, Span<float> y)
    {
        float d = Dequantizer.ReadHalf(block);
        for (int i = 0; i < y.Length; i++)
        {
            y[i] = d * (sbyte)block[2 + i];
        }
    }

    public static void DequantizeIQ4_NL(ReadOnlySpan<byte> block, Span<float> y)
    {
        float d = Dequantizer.ReadHalf(block);
        for (int i = 0; i < Half; i++)
        {
            byte pair = block[2 + i];
            y[i] = d * NonLinear[pair & 15];
            y[Half + i] = d * NonLinear[pair >> 4];
        }
    }

    private static int FifthBit(uint bits, int index) => (int)((bits >> index) & 1) << 4;
}
