using System;
using System.Buffers.Binary;

namespace Winnow.Peers;

/// <summary>
/// Random Q4_K blocks, made as bytes because Winnow does not write the type: 256 values in eight groups, each with a 6-bit scale and a
/// 6-bit minimum of its own.
/// </summary>
internal static class RandomSuperBlocks
{
    private const int BlockBytes = 144;
    private const int Groups = 8;
    private const int LeastScale = 32;

    // Nibbles less 7.5 have this deviation, and scales are 47.5 on average.
    private const double NibbleDeviation = 4.61;
    private const double MeanScale = 47.5;

    /// <summary>Fills whole blocks with values about zero.</summary>
    /// <param name="random">Where bits come from.</param>
    /// <param name="bytes">Whole blocks.</param>
    /// <param name="deviation">The deviation of the values.</param>
    public static void Fill(Random random, Span<byte> bytes, double deviation)
    {
        random.NextBytes(bytes);
        double scale = deviation / (NibbleDeviation * MeanScale);
        for (; bytes.Length >= BlockBytes; bytes = bytes[BlockBytes..])
        {
            BinaryPrimitives.WriteHalfLittleEndian(bytes, (Half)scale);
            BinaryPrimitives.WriteHalfLittleEndian(bytes[2..], (Half)(7.5 * scale));
            Span<byte> packed = bytes.Slice(4, 12);
            packed.Clear();
            for (int group = 0; group < Groups; group++)
            {
                // A minimum as large as the scale puts the middle of the nibbles at zero.
                Pack(packed, group, random.Next(LeastScale, 64));
            }
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
