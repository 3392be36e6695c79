using System;
using System.Runtime.CompilerServices;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>
/// Half to float without tables and without denormal operands, which are slow on some processors. Moved 13 bits up and with the three top
/// exponent bits set, a half reads as its value times 2^112, infinities and NaN as themselves; multiplied back, only subnormals are
/// wrong: they come out as 2^-15 (1 + m), and twice that less 2^-14 is right. The smaller of both is always the right one.
/// </summary>
internal static class HalfBits
{
    /// <summary>Exponent and mantissa after the shift.</summary>
    public const int Magnitude = 0x0FFFFFFF;

    /// <summary>The three top exponent bits.</summary>
    public const int Bias = 0x70000000;

    /// <summary>2^-112.</summary>
    public const float Unbias = 1.92592994e-34f;

    /// <summary>2^-14.</summary>
    public const float SmallestNormal = 6.10351562e-5f;

    /// <summary>Widens one half.</summary>
    /// <param name="bits">Its bits.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float ToSingle(ushort bits)
    {
        int wide = (short)bits << 13;
        float magnitude = BitConverter.Int32BitsToSingle((wide & Magnitude) | Bias);
        float subnormal = MathF.FusedMultiplyAdd(magnitude, 2 * Unbias, -SmallestNormal);
        float normal = magnitude * Unbias;
        float value = subnormal < normal ? subnormal : normal;
        return BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(value) | (wide & int.MinValue));
    }

    /// <summary>Reads and widens one half.</summary>
    /// <param name="source">Any address.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe float Read(byte* source) => ToSingle(Unsafe.ReadUnaligned<ushort>(source));
}
