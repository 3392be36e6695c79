using System;

namespace Winnow.Simulator.Operations;

/// <summary>A conversion of one value between any two types: exact, then rounded once.</summary>
internal sealed record Conversion(OperandType To, OperandType From, Rounding Rounding)
{
    /// <summary>The type of floats.</summary>
    public static OperandType Single => new(OperandTypeKind.Float, 32);

    /// <summary>True where a float result is to be an integer.</summary>
    public bool IsIntegral { get; init; }

    /// <summary><c>.ftz</c>: subnormal floats on either side become zero.</summary>
    public bool Flushes { get; init; }

    /// <summary><c>.sat</c>: into the range of an integer type, or into [0, 1].</summary>
    public bool Saturates { get; init; }

    /// <summary><c>.relu</c>: negative numbers become +0.</summary>
    public bool Rectifies { get; init; }

    /// <summary>False for combinations that are none.</summary>
    public bool IsLegal => From.Kind is not (OperandTypeKind.Predicate or OperandTypeKind.Bits)
        && To.Kind is not (OperandTypeKind.Predicate or OperandTypeKind.Bits)
        && (To.Kind == OperandTypeKind.Tensor) == (Rounding == Rounding.Away)
        && (To.Kind != OperandTypeKind.Tensor || From == Single)
        && (IsIntegral || To.IsFloat || !From.IsFloat)
        && (!Rectifies || (To.IsFloat && From.IsFloat));

    /// <summary>Converts the bits of one value.</summary>
    public ulong Apply(ulong bits)
    {
        if (!From.IsFloat)
        {
            return FromInteger(From.IsSigned ? IntegerDecoder.Extend(bits, From.Bits) : (Int128)bits);
        }

        FloatFormat format = FloatFormat.Of(From);
        if (Flushes && From == Single)
        {
            bits = format.Flush(bits);
        }

        return To.IsFloat ? FloatToFloat(bits, format) : FloatToInteger(bits, format);
    }

    private ulong FromInteger(Int128 value)
    {
        if (!To.IsFloat)
        {
            return (ulong)(Saturates ? Int128.Clamp(value, Lowest, Highest) : value);
        }

        FloatFormat format = FloatFormat.Of(To);
        ulong result = format.Encode(Exact.FromInteger(value), Rounding);
        return Saturates ? FinishedOperation.Saturate(result, format) : result;
    }

    private Int128 Lowest => To.IsSigned ? -(Int128.One << (To.Bits - 1)) : 0;

    private Int128 Highest => (Int128.One << (To.IsSigned ? To.Bits - 1 : To.Bits)) - 1;

    private ulong FloatToInteger(ulong bits, FloatFormat format)
    {
        if (format.IsNaN(bits))
        {
            return From.Bits == 64 || To.Bits == 64 ? 1ul << (To.Bits - 1) : 0;
        }

        if (format.IsInfinity(bits))
        {
            return (ulong)(format.IsNegative(bits) ? Lowest : Highest);
        }

        Exact value = format.Decode(bits);
        if (value.Magnitude != 0 && value.Top > 64)
        {
            return (ulong)(value.IsNegative ? Lowest : Highest);
        }

        Int128 whole = (Int128)value.Round(Rounding, 0);
        return (ulong)Int128.Clamp(value.IsNegative ? -whole : whole, Lowest, Highest);
    }

    private ulong FloatToFloat(ulong bits, FloatFormat from)
    {
        FloatFormat to = To.Kind == OperandTypeKind.Tensor ? FloatFormat.Single : FloatFormat.Of(To);
        ulong result = Rounded(bits, from, to);
        if (Flushes && To == Single)
        {
            result = to.Flush(result);
        }

        if (Saturates)
        {
            return FinishedOperation.Saturate(result, to);
        }

        return Rectifies && to.IsNegative(result) && !to.IsNaN(result) ? 0 : result;
    }

    private ulong Rounded(ulong bits, FloatFormat from, FloatFormat to)
    {
        if (from.IsNaN(bits))
        {
            return to.NaN;
        }

        if (from.IsInfinity(bits))
        {
            return (from.IsNegative(bits) ? to.Sign : 0) | to.Infinity;
        }

        Exact value = from.Decode(bits);
        if (IsIntegral && value.Exponent < 0)
        {
            value = new Exact(value.IsNegative, value.Round(Rounding, 0), 0);
        }

        if (To.Kind == OperandTypeKind.Tensor)
        {
            ulong tensor = new FloatFormat(8, 10).Encode(value, Rounding);
            return tensor << 13;
        }

        return to.Encode(value, Rounding);
    }
}
