using System;

namespace Winnow.Simulator.Operations;

/// <summary>Conversions between floats and wide integers that C# does exactly as PTX asks, lane by lane.</summary>
internal static class ScalarConversion
{
    /// <summary>The function of a conversion without <c>.ftz</c>, <c>.sat</c> and <c>.relu</c>; null where it is not one of these.</summary>
    public static Func<ulong, ulong>? Find(Conversion conversion)
    {
        OperandType to = conversion.To;
        OperandType from = conversion.From;
        bool isToFloat = to is { Kind: OperandTypeKind.Float, Bits: 32 or 64 };
        bool isFromFloat = from is { Kind: OperandTypeKind.Float, Bits: 32 or 64 };
        if (isToFloat && !from.IsFloat && conversion.Rounding == Rounding.Nearest)
        {
            return FromInteger(to.Bits == 32, from);
        }

        return isFromFloat && !to.IsFloat && to.Bits >= 16 ? ToInteger(from.Bits == 32, to, conversion.Rounding) : null;
    }

    private static Func<ulong, ulong>? FromInteger(bool isSingle, OperandType from) => (isSingle, from.IsSigned, from.Bits) switch
    {
        (true, true, 64) => static x => BitConverter.SingleToUInt32Bits((long)x),
        (true, false, 64) => static x => BitConverter.SingleToUInt32Bits(x),
        (false, true, 64) => static x => BitConverter.DoubleToUInt64Bits((long)x),
        (false, false, 64) => static x => BitConverter.DoubleToUInt64Bits(x),
        (true, true, _) => x => BitConverter.SingleToUInt32Bits(IntegerDecoder.Extend(x, from.Bits)),
        (true, false, _) => static x => BitConverter.SingleToUInt32Bits(x),
        (false, true, _) => x => BitConverter.DoubleToUInt64Bits(IntegerDecoder.Extend(x, from.Bits)),
        (false, false, _) => static x => BitConverter.DoubleToUInt64Bits(x),
    };

    private static Func<ulong, ulong> ToInteger(bool isSingle, OperandType to, Rounding rounding)
    {
        Func<double, double> round = rounding switch
        {
            Rounding.Nearest => static x => Math.Round(x, MidpointRounding.ToEven),
            Rounding.Zero => Math.Truncate,
            Rounding.Down => Math.Floor,
            _ => Math.Ceiling,
        };
        double lowest = to.IsSigned ? -Math.ScaleB(1, to.Bits - 1) : 0;
        double beyond = Math.ScaleB(1, to.IsSigned ? to.Bits - 1 : to.Bits);
        ulong largest = ulong.MaxValue >> (to.IsSigned ? 65 - to.Bits : 64 - to.Bits);
        ulong whenNaN = !isSingle || to.Bits == 64 ? 1ul << (to.Bits - 1) : 0;
        return bits =>
        {
            double value = round(isSingle ? BitConverter.UInt32BitsToSingle((uint)bits) : BitConverter.UInt64BitsToDouble(bits));
            if (double.IsNaN(value))
            {
                return whenNaN;
            }

            return value >= beyond ? largest : value < 0 ? (ulong)(long)Math.Max(value, lowest) : (ulong)value;
        };
    }
}
