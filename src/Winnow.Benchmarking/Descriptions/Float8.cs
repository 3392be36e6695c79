using System;

namespace Winnow.Benchmarking.Descriptions;

/// <summary>The two 8-bit floats of the OCP specification "8-bit Floating Point" (2023): E4M3, which has NaN and no infinity, and E5M2, which is IEEE's in small.</summary>
internal static class Float8
{
    private const byte NaN = 0x7F;
    private const byte Infinity = 0x7C;
    private const byte Sign = 0x80;

    /// <summary>Digits after the point and the exponent of the smallest normal number.</summary>
    public static (int Digits, int Least) Form(ElementType type) => type == ElementType.F8E4M3 ? (3, -6) : (2, -14);

    /// <summary>The value of a code.</summary>
    public static double Read(ElementType type, byte code)
    {
        (int digits, int least) = Form(type);
        int magnitude = code & ~Sign;
        bool isE5M2 = type == ElementType.F8E5M2;
        double value = isE5M2 && magnitude == Infinity ? double.PositiveInfinity
            : magnitude == NaN || (isE5M2 && magnitude > Infinity) ? double.NaN
            : Value(magnitude >> digits, magnitude & ((1 << digits) - 1));
        return (code & Sign) == 0 ? value : -value;

        double Value(int exponent, int fraction) => exponent == 0
            ? Math.ScaleB(fraction, least - digits)
            : Math.ScaleB((1 << digits) + fraction, least + exponent - 1 - digits);
    }

    /// <summary>The code of a value, rounded to nearest, ties to even. What is too large becomes an infinity, or NaN where there is none.</summary>
    public static byte Write(ElementType type, double value)
    {
        (int digits, int least) = Form(type);
        byte sign = double.IsNegative(value) ? Sign : (byte)0;
        double most = type == ElementType.F8E4M3 ? 448 : 57344;
        double magnitude = Math.Abs(value);
        if (magnitude == 0 || double.IsNaN(value))
        {
            return (byte)(sign | (magnitude == 0 ? 0 : NaN));
        }

        double unit = Unit(magnitude);
        double rounded = double.IsFinite(magnitude) ? Math.Round(magnitude / unit) * unit : magnitude;
        if (rounded > most)
        {
            return (byte)(sign | (type == ElementType.F8E4M3 ? NaN : Infinity));
        }

        // A normal number's leading digit counts as one step of the exponent.
        int exponent = rounded == 0 ? least : Math.Max(Math.ILogB(rounded), least);
        return (byte)(sign | (((exponent - least) << digits) + (int)(rounded / Math.ScaleB(1, exponent - digits))));

        double Unit(double at) => Math.ScaleB(1, Math.Max(double.IsFinite(at) ? Math.ILogB(at) : 0, least) - digits);
    }
}
