using System;

namespace Winnow.Simulator.Operations;

/// <summary>
/// A finite number on its way to being rounded: sign, magnitude times a power of two. Where bits were lost the lowest bit of the magnitude is set and
/// far below the last place of any format, so that rounding once gives what rounding the true value would.
/// </summary>
internal readonly record struct Exact(bool IsNegative, UInt128 Magnitude, int Exponent)
{
    private const int TopBit = 125;

    /// <summary>The exponent of the highest bit.</summary>
    public int Top => 127 - (int)UInt128.LeadingZeroCount(Magnitude) + Exponent;

    /// <summary>The value of an integer.</summary>
    public static Exact FromInteger(Int128 value) =>
        new(Int128.IsNegative(value), Int128.IsNegative(value) ? (UInt128)(-value) : (UInt128)value, 0);

    /// <summary>The product; the factors have at most 64 bits.</summary>
    public static Exact Multiply(Exact a, Exact b) =>
        new(a.IsNegative ^ b.IsNegative, a.Magnitude * b.Magnitude, a.Exponent + b.Exponent);

    /// <summary>The sum of numbers of at most 110 bits; a zero takes the sign that rounding asks for.</summary>
    public static Exact Add(Exact a, Exact b, Rounding rounding)
    {
        if (a.Magnitude == 0 && b.Magnitude == 0)
        {
            return a with { IsNegative = rounding == Rounding.Down ? a.IsNegative | b.IsNegative : a.IsNegative & b.IsNegative };
        }

        if (a.Magnitude == 0 || b.Magnitude == 0)
        {
            return a.Magnitude == 0 ? b : a;
        }

        (Exact large, Exact small) = a.Top >= b.Top ? (a, b) : (b, a);
        large = large.WithExponent(large.Top - TopBit);
        small = small.WithExponent(large.Exponent);
        if (large.IsNegative == small.IsNegative)
        {
            return large with { Magnitude = large.Magnitude + small.Magnitude };
        }

        if (large.Magnitude == small.Magnitude)
        {
            return new Exact(rounding == Rounding.Down, 0, 0);
        }

        return large.Magnitude > small.Magnitude
            ? large with { Magnitude = large.Magnitude - small.Magnitude }
            : small with { Magnitude = small.Magnitude - large.Magnitude };
    }

    /// <summary>The quotient of numbers of at most 53 bits that are not 0.</summary>
    public static Exact Divide(Exact a, Exact b)
    {
        (UInt128 quotient, UInt128 remainder) = UInt128.DivRem(a.Magnitude << 74, b.Magnitude);
        return new Exact(a.IsNegative ^ b.IsNegative, (quotient << 1) | (remainder == 0 ? 0u : 1u), a.Exponent - 75 - b.Exponent);
    }

    /// <summary>The root of a number of at most 53 bits that is above 0.</summary>
    public static Exact SquareRoot(Exact a)
    {
        int shift = 123 - (a.Top - a.Exponent);
        shift += (a.Exponent - shift) & 1;
        UInt128 square = a.Magnitude << shift;
        UInt128 root = (UInt128)Math.Sqrt((double)square);
        root = (root + (square / root)) >> 1;
        while (root * root > square)
        {
            root--;
        }

        while ((root + 1) * (root + 1) <= square)
        {
            root++;
        }

        return new Exact(false, (root << 1) | (root * root == square ? 0u : 1u), ((a.Exponent - shift) / 2) - 1);
    }

    /// <summary>The integer magnitude that it rounds to.</summary>
    public UInt128 Round(Rounding rounding, int quantum)
    {
        int shift = quantum - Exponent;
        if (shift <= 0)
        {
            return Magnitude << -shift;
        }

        UInt128 kept = shift > 127 ? 0 : Magnitude >> shift;
        UInt128 lost = shift > 127 ? Magnitude : Magnitude & ((UInt128.One << shift) - 1);
        UInt128 half = shift > 127 ? UInt128.MaxValue : UInt128.One << (shift - 1);
        bool isUp = rounding switch
        {
            Rounding.Nearest => lost > half || (lost == half && (kept & 1) == 1),
            Rounding.Away => lost >= half,
            Rounding.Down => IsNegative && lost != 0,
            Rounding.Up => !IsNegative && lost != 0,
            _ => false,
        };
        return kept + (isUp ? 1u : 0u);
    }

    private Exact WithExponent(int exponent)
    {
        int shift = exponent - Exponent;
        if (shift <= 0)
        {
            return new Exact(IsNegative, Magnitude << -shift, exponent);
        }

        UInt128 kept = shift > 127 ? 0 : Magnitude >> shift;
        bool isLossy = shift > 127 || (kept << shift) != Magnitude;
        return new Exact(IsNegative, kept | (isLossy ? 1u : 0u), exponent);
    }
}
