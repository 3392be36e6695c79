using System;

namespace Winnow.Simulator.Tests.Operations;

/// <summary>Numbers from bits and bits from numbers, with the one NaN that the ISA knows for each type.</summary>
internal static class Bits
{
    public static float F(ulong bits) => BitConverter.UInt32BitsToSingle((uint)bits);

    public static double D(ulong bits) => BitConverter.UInt64BitsToDouble(bits);

    public static float H(ulong bits) => (float)BitConverter.UInt16BitsToHalf((ushort)bits);

    public static float B(ulong bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);

    public static ulong OfF(float value) => float.IsNaN(value) ? 0x7FFFFFFF : BitConverter.SingleToUInt32Bits(value);

    public static ulong OfD(double value) => BitConverter.DoubleToUInt64Bits(value);

    /// <summary>A half from a number that it holds exactly, or one rounded to nearest from a float.</summary>
    public static ulong OfH(double value) => double.IsNaN(value) ? 0x7FFFu : BitConverter.HalfToUInt16Bits((Half)value);

    /// <summary>A brain float, rounded to nearest by the neighbours' distance.</summary>
    public static ulong OfB(double value)
    {
        if (double.IsNaN(value))
        {
            return 0x7FFF;
        }

        if (double.IsInfinity(value) || value == 0)
        {
            return BitConverter.SingleToUInt32Bits((float)value) >> 16;
        }

        double rounded = BigFloat.From(value).Round(8, -126, 'n');
        return BitConverter.SingleToUInt32Bits((float)rounded) >> 16;
    }

    public static ulong Flush(ulong single) => (single & 0x7F800000) == 0 ? single & 0x80000000 : single;

    public static ulong Saturate(float value) => float.IsNaN(value) || value <= 0 ? 0 : OfF(Math.Min(value, 1));

    /// <summary>Both halves of a pair by a function of one.</summary>
    public static ulong Pair(Func<ulong, ulong, ulong, ulong> half, ulong a, ulong b, ulong c) =>
        half(a & 0xFFFF, b & 0xFFFF, c & 0xFFFF) | (half(a >> 16, b >> 16, c >> 16) << 16);

    /// <summary>a * b + c, rounded once to a precision; infinities and NaN as doubles have them.</summary>
    public static double Fused(double a, double b, double c, int precision, int lowest, char mode = 'n')
    {
        if (!double.IsFinite(a) || !double.IsFinite(b) || !double.IsFinite(c))
        {
            return double.IsFinite(a) && double.IsFinite(b) ? c : (a * b) + c;
        }

        BigFloat exact = (BigFloat.From(a) * BigFloat.From(b)) + BigFloat.From(c);
        return exact.M.IsZero ? ZeroOf(a * b, c, mode) : exact.Round(precision, lowest, mode);
    }

    /// <summary>a + b, rounded once to a precision.</summary>
    public static double Sum(double a, double b, int precision, int lowest, char mode = 'n') => Fused(a, 1, b, precision, lowest, mode);

    /// <summary>The sign of a sum that is zero; a product that is too small for a double has its sign still.</summary>
    private static double ZeroOf(double product, double c, char mode) => (double.IsNegative(product), double.IsNegative(c)) switch
    {
        (true, true) => -0.0,
        (false, false) => 0.0,
        _ => mode == 'm' ? -0.0 : 0.0,
    };

    /// <summary>A float that directed rounding gave; beyond the largest number it is that number or infinite.</summary>
    public static ulong OfRounded(double value, char mode)
    {
        if (double.IsFinite(value) && Math.Abs(value) > float.MaxValue)
        {
            bool staysFinite = mode == 'z' || (mode == 'm' && value > 0) || (mode == 'p' && value < 0);
            return OfF(staysFinite ? Math.Sign(value) * float.MaxValue : Math.Sign(value) * float.PositiveInfinity);
        }

        return OfF((float)value);
    }
}
