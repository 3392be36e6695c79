using System;
using System.Buffers.Binary;
using Winnow.Formats;

namespace Winnow.Peers;

/// <summary>Random blocks of the types that Winnow does not write, made as bytes: all bits of values are drawn, and scales and minima are such that values lie about zero.</summary>
internal static class RandomBlocks
{
    private const int LeastScale = 32;

    // Of whole numbers up to 15, 31 and 63, and of the levels of IQ4_NL.
    private const double FourBitDeviation = 4.61;
    private const double FiveBitDeviation = 9.23;
    private const double SixBitDeviation = 18.47;
    private const double LevelDeviation = 67.4;

    // Of 32 to 63, and the root of the mean square of 32 to 127.
    private const double MeanSixBitScale = 47.5;
    private const double MeanEightBitScale = 84.2;

    /// <summary>Fills whole blocks with values about zero.</summary>
    /// <param name="random">Where bits come from.</param>
    /// <param name="type">Q4_K, Q6_K, Q4_1, Q5_0, Q5_1 or IQ4_NL.</param>
    /// <param name="bytes">Whole blocks.</param>
    /// <param name="deviation">The deviation of the values.</param>
    public static void Fill(Random random, TensorType type, Span<byte> bytes, double deviation)
    {
        random.NextBytes(bytes);
        int size = (int)TensorTypeInfo.BytesOf(type, TensorTypeInfo.BlockValues(type));
        for (; bytes.Length >= size; bytes = bytes[size..])
        {
            switch (type)
            {
                case TensorType.Q4_K:
                    Scales(bytes, deviation / (FourBitDeviation * MeanSixBitScale), 7.5);
                    Groups(random, bytes.Slice(4, 12));
                    break;
                case TensorType.Q6_K:
                    BinaryPrimitives.WriteHalfLittleEndian(bytes[208..], (Half)(deviation / (SixBitDeviation * MeanEightBitScale)));
                    Factors(random, bytes.Slice(192, 16));
                    break;
                case TensorType.Q4_1:
                    Scales(bytes, deviation / FourBitDeviation, -7.5);
                    break;
                case TensorType.Q5_1:
                    Scales(bytes, deviation / FiveBitDeviation, -15.5);
                    break;
                case TensorType.Q5_0 or TensorType.IQ4_NL:
                    double unit = type == TensorType.Q5_0 ? FiveBitDeviation : LevelDeviation;
                    BinaryPrimitives.WriteHalfLittleEndian(bytes, (Half)((random.Next(2) == 0 ? 1 : -1) * deviation / unit));
                    break;
                default:
                    throw new ArgumentOutOfRangeException(nameof(type), type, "No such blocks are made.");
            }
        }
    }

    private static void Scales(Span<byte> block, double scale, double minimum)
    {
        BinaryPrimitives.WriteHalfLittleEndian(block, (Half)scale);
        BinaryPrimitives.WriteHalfLittleEndian(block[2..], (Half)(minimum * scale));
    }

    private static void Factors(Random random, Span<byte> factors)
    {
        for (int i = 0; i < factors.Length; i++)
        {
            factors[i] = (byte)(random.Next(LeastScale, 128) * (random.Next(2) == 0 ? 1 : -1));
        }
    }

    private static void Groups(Random random, Span<byte> packed)
    {
        packed.Clear();
        for (int group = 0; group < 8; group++)
        {
            // A minimum as large as the scale puts the middle of the nibbles at zero.
            Pack(packed, group, random.Next(LeastScale, 64));
        }
    }

    private static void Pack(Span<byte> packed, int group, int value)
    {
        if (group < 4)
        {
            packed[group] |= (byte)value;
            packed[group + 4] |= (byte)value;
            return;
        }

        packed[group + 4] = (byte)((value & 15) | ((value & 15) << 4));
        packed[group - 4] |= (byte)(value >> 4 << 6);
        packed[group] |= (byte)(value >> 4 << 6);
    }
}
