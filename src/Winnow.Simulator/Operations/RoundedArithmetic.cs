using System;

namespace Winnow.Simulator.Operations;

/// <summary>Float arithmetic with a rounding that the processor's vectors do not have: exact, then rounded once.</summary>
/// <param name="Format">Of operands and result.</param>
/// <param name="Rounding">Of the result.</param>
internal sealed record RoundedArithmetic(FloatFormat Format, Rounding Rounding)
{
    public ulong Add(ulong a, ulong b) => IsSpecial(a) || IsSpecial(b)
        ? Special(Value(a) + Value(b))
        : Format.Encode(Exact.Add(Format.Decode(a), Format.Decode(b), Rounding), Rounding);

    public ulong Subtract(ulong a, ulong b) => Add(a, b ^ Format.Sign);

    public ulong Multiply(ulong a, ulong b) => IsSpecial(a) || IsSpecial(b)
        ? Special(Value(a) * Value(b))
        : Format.Encode(Exact.Multiply(Format.Decode(a), Format.Decode(b)), Rounding);

    public ulong Fused(ulong a, ulong b, ulong c)
    {
        if (IsSpecial(a) || IsSpecial(b))
        {
            return Special((Value(a) * Value(b)) + Value(c));
        }

        Exact product = Exact.Multiply(Format.Decode(a), Format.Decode(b));
        return IsSpecial(c) ? Special(Value(c)) : Format.Encode(Exact.Add(product, Format.Decode(c), Rounding), Rounding);
    }

    public ulong Divide(ulong a, ulong b) => IsSpecial(a) || IsSpecial(b) || IsZero(a) || IsZero(b)
        ? Special(Value(a) / Value(b))
        : Format.Encode(Exact.Divide(Format.Decode(a), Format.Decode(b)), Rounding);

    public ulong Reciprocal(ulong a) => Divide(Format.Encode(Exact.FromInteger(1), Rounding.Nearest), a);

    public ulong SquareRoot(ulong a) => IsSpecial(a) || IsZero(a) || Format.IsNegative(a)
        ? Special(Math.Sqrt(Value(a)))
        : Format.Encode(Exact.SquareRoot(Format.Decode(a)), Rounding);

    private bool IsSpecial(ulong bits) => (bits & Format.Infinity) == Format.Infinity;

    private bool IsZero(ulong bits) => (bits & ~Format.Sign) == 0;

    private double Value(ulong bits) => Format.FractionBits == 52
        ? BitConverter.UInt64BitsToDouble(bits)
        : BitConverter.UInt32BitsToSingle((uint)bits);

    private ulong Special(double value)
    {
        if (double.IsNaN(value))
        {
            return Format.NaN;
        }

        ulong sign = double.IsNegative(value) ? Format.Sign : 0;
        return sign | (value == 0 ? 0 : Format.Infinity);
    }
}
