using System;

namespace Winnow.Simulator.Operations;

/// <summary>A binary float format: how bits become numbers and numbers bits, with every rounding. The slow and exact way.</summary>
internal readonly record struct FloatFormat(int ExponentBits, int FractionBits)
{
    public static FloatFormat Half => new(5, 10);

    public static FloatFormat Brain => new(8, 7);

    public static FloatFormat Single => new(8, 23);

    public static FloatFormat Double => new(11, 52);

    /// <summary>The bits of infinity.</summary>
    public ulong Infinity => ((1ul << ExponentBits) - 1) << FractionBits;

    /// <summary>The NaN that arithmetic gives: all ones but for the sign; for doubles the one of the processor.</summary>
    public ulong NaN => FractionBits == 52 ? 0xFFF8_0000_0000_0000 : Infinity | ((1ul << FractionBits) - 1);

    /// <summary>The bit of the sign.</summary>
    public ulong Sign => 1ul << (ExponentBits + FractionBits);

    private int Bias => (1 << (ExponentBits - 1)) - 1;

    /// <summary>The format of a type.</summary>
    public static FloatFormat Of(OperandType type) => (type.Kind, type.Bits) switch
    {
        (OperandTypeKind.Brain, _) => Brain,
        (_, 16) => Half,
        (_, 32) => Single,
        _ => Double,
    };

    public bool IsNaN(ulong bits) => (bits & ~Sign) > Infinity;

    public bool IsInfinity(ulong bits) => (bits & ~Sign) == Infinity;

    public bool IsNegative(ulong bits) => (bits & Sign) != 0;

    /// <summary>True for numbers below the smallest normal one, 0 included.</summary>
    public bool IsSubnormal(ulong bits) => (bits & Infinity) == 0;

    /// <summary>Zero with the same sign in place of a subnormal.</summary>
    public ulong Flush(ulong bits) => IsSubnormal(bits) ? bits & Sign : bits;

    /// <summary>The value of finite bits.</summary>
    public Exact Decode(ulong bits)
    {
        int exponent = (int)((bits & Infinity) >> FractionBits);
        ulong fraction = bits & ((1ul << FractionBits) - 1);
        ulong magnitude = exponent == 0 ? fraction : fraction | (1ul << FractionBits);
        return new Exact(IsNegative(bits), magnitude, Math.Max(exponent, 1) - Bias - FractionBits);
    }

    /// <summary>Rounds a finite value; too large a one becomes infinity or the largest, as the rounding says.</summary>
    public ulong Encode(Exact value, Rounding rounding)
    {
        ulong sign = value.IsNegative ? Sign : 0;
        if (value.Magnitude == 0)
        {
            return sign;
        }

        int quantum = Math.Max(value.Top, 1 - Bias) - FractionBits;
        if (value.Top > Bias)
        {
            return sign | Overflow(value.IsNegative, rounding);
        }

        ulong rounded = (ulong)value.Round(rounding, quantum);
        if (rounded >> (FractionBits + 1) != 0)
        {
            rounded >>= 1;
            quantum++;
        }

        if (rounded >> FractionBits == 0)
        {
            return sign | rounded;
        }

        ulong exponent = (ulong)(quantum + FractionBits + Bias);
        ulong bits = (exponent << FractionBits) + (rounded - (1ul << FractionBits));
        return sign | (bits >= Infinity ? Overflow(value.IsNegative, rounding) : bits);
    }

    private ulong Overflow(bool isNegative, Rounding rounding) => rounding switch
    {
        Rounding.Zero => Infinity - 1,
        Rounding.Down when !isNegative => Infinity - 1,
        Rounding.Up when isNegative => Infinity - 1,
        _ => Infinity,
    };
}
