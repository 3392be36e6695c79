using System;
using System.Diagnostics.CodeAnalysis;

namespace Winnow.Formats.Quantization;

/// <summary>The types of 256 values per block with scales per group ("K" types).</summary>
/// <remarks>The scale of a group is multiplied out before it meets a value, as the reference does: other orders round differently.</remarks>
[SuppressMessage("Naming", "CA1707", Justification = "The underscore is part of the names by which the field knows these types.")]
internal static class SuperBlocks
{
    private const int GroupValues = 32;
    private const int Groups = 8;
    private const int ScalesOffset = 4;

    public static void DequantizeQ4_K(ReadOnlySpan<byte> block, Span<float> y)
    {
        const int ValuesOffset = 16;
        for (int group = 0; group < Groups; group++)
        {
            (float scale, float minimum) = GroupScale(block, group);
            ReadOnlySpan<byte> pairs = block.Slice(ValuesOffset + (GroupValues * (group / 2)), GroupValues);
            int shift = 4 * (group % 2);
            for (int i = 0; i < GroupValues; i++)
            {
                y[(GroupValues * group) + i] = (scale * ((pairs[i] >> shift) & 15)) - minimum;
            }
        }
    }

    public static void DequantizeQ5_K(ReadOnlySpan<byte> block, Span<float> y)
    {
        const int FifthBitsOffset = 16;
        const int ValuesOffset = 48;
        ReadOnlySpan<byte> fifthBits = block.Slice(FifthBitsOffset, GroupValues);
        for (int group = 0; group < Groups; group++)
        {
            (float scale, float minimum) = GroupScale(block, group);
            ReadOnlySpan<byte> pairs = block.Slice(ValuesOffset + (GroupValues * (group / 2)), GroupValues);
            int shift = 4 * (group % 2);
            for (int i = 0; i < GroupValues; i++)
            {
                int value = ((pairs[i] >> shift) & 15) | (((fifthBits[i] >> group) & 1) << 4);
                y[(GroupValues * group) + i] = (scale * value) - minimum;
            }
        }
    }

    public static void DequantizeQ6_K(ReadOnlySpan<byte> block, Span<float> y)
    {
        const int HighOffset = 128;
        const int SignedScalesOffset = 192;
        const int ScaleOffset = 208;
        float d = Dequantizer.ReadHalf(block[ScaleOffset..]);
        for (int i = 0; i < y.Length; i++)
        {
            int half = i / 128;
            int quarter = i % 128 / 32;
            int lane = i % 32;
            int low = block[(64 * half) + (32 * (quarter & 1)) + lane] >> (4 * (quarter >> 1)) & 15;
            int high = block[HighOffset + (32 * half) + lane] >> (2 * quarter) & 3;
            float scale = d * (sbyte)block[SignedScalesOffset + (i / 16)];
            y[i] = scale * ((low | (high << 4)) - 32);
        }
    }

    // Twelve bytes hold eight 6-bit scales and eight 6-bit minimums; the last four of each borrow the top bits of the first four.
    private static (float Scale, float Minimum) GroupScale(ReadOnlySpan<byte> block, int group)
    {
        ReadOnlySpan<byte> packed = block.Slice(ScalesOffset, 12);
        int scale;
        int minimum;
        if (group < 4)
        {
            scale = packed[group] & 63;
            minimum = packed[group + 4] & 63;
        }
        else
        {
            scale = (packed[group + 4] & 15) | (packed[group - 4] >> 6 << 4);
            minimum = (packed[group + 4] >> 4) | (packed[group] >> 6 << 4);
        }

        return (Dequantizer.ReadHalf(block) * scale, Dequantizer.ReadHalf(block[2..]) * minimum);
    }
}
