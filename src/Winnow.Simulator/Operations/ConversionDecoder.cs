using System;
using Winnow.Simulator.Execution;

namespace Winnow.Simulator.Operations;

/// <summary><c>cvt</c>: vectors for the pairs of types that kernels are full of, <see cref="Conversion"/> for all others.</summary>
internal static class ConversionDecoder
{
    public static Operation? Decode(InstructionReader reader)
    {
        if (reader.Take("pack"))
        {
            return PackDecoder.DecodeIntegers(reader);
        }

        if (TakeConversion(reader) is not Conversion { IsLegal: true } conversion)
        {
            return null;
        }

        if (conversion.To.IsPacked)
        {
            return PackDecoder.DecodeFloats(reader, conversion);
        }

        return reader.Count != 2 ? null : Fast(reader, conversion) ?? Slow(reader, conversion);
    }

    private static Conversion? TakeConversion(InstructionReader reader)
    {
        string? integral = reader.TakeAny("rni", "rzi", "rmi", "rpi");
        string? rounding = reader.TakeAny("rn", "rz", "rm", "rp", "rna");
        bool flushes = reader.Take("ftz");
        bool saturates = reader.Take("sat");
        bool rectifies = reader.Take("relu");
        if (reader.TakeType() is not OperandType to || reader.TakeType() is not OperandType from || from.IsPacked || from.Kind == OperandTypeKind.Tensor
            || (to.IsPacked && !to.IsFloat))
        {
            return null;
        }

        Rounding mode = (integral ?? rounding) switch
        {
            "rzi" or "rz" => Rounding.Zero,
            "rmi" or "rm" => Rounding.Down,
            "rpi" or "rp" => Rounding.Up,
            "rna" => Rounding.Away,
            _ => Rounding.Nearest,
        };
        return new Conversion(to, from, mode)
        {
            IsIntegral = integral is not null,
            Flushes = flushes,
            Saturates = saturates,
            Rectifies = rectifies,
        };
    }

    private static LaneFunction Slow(InstructionReader reader, Conversion conversion) =>
        new(reader.Slot(0, Math.Max(conversion.To.Bits, 16)), reader.Slot(1, conversion.From.Bits), FunctionOf(conversion));

    private static Func<ulong, ulong> FunctionOf(Conversion conversion)
    {
        bool isPlain = conversion is { Flushes: false, Saturates: false, Rectifies: false };
        return (isPlain ? ScalarConversion.Find(conversion) : null) ?? conversion.Apply;
    }

    private static Operation? Fast(InstructionReader reader, Conversion conversion)
    {
        OperandType to = conversion.To;
        OperandType from = conversion.From;
        int d = reader.At(0, to.Bits);
        int a = reader.At(1, from.Bits);
        bool isPlain = conversion is { Flushes: false, Saturates: false, Rectifies: false };
        if (!to.IsFloat && !from.IsFloat)
        {
            return isPlain ? Integer(d, a, to, from) : null;
        }

        if (to == Conversion.Single && from == Conversion.Single)
        {
            return SingleToSingle(d, a, conversion);
        }

        if (!isPlain || (conversion.Rounding != Rounding.Nearest && !conversion.IsIntegral))
        {
            return isPlain && to.Kind == OperandTypeKind.Tensor ? new Unary<uint, SingleToTensor>(d, a) : null;
        }

        return (to.Kind, to.Bits, from.Kind, from.Bits) switch
        {
            (OperandTypeKind.Float, 32, OperandTypeKind.Signed, 32) => new Unary<uint, IntegerToSingle>(d, a),
            (OperandTypeKind.Float, 32, OperandTypeKind.Unsigned, 32) => new Unary<uint, UnsignedToSingle>(d, a),
            (OperandTypeKind.Float, 32, OperandTypeKind.Signed or OperandTypeKind.Unsigned, 8 or 16) =>
                new ExtensionToSingle(d, a, 32 - from.Bits, from.IsSigned),
            (OperandTypeKind.Signed, 32, OperandTypeKind.Float, 32) => SingleToInteger(d, a, conversion.Rounding),
            (OperandTypeKind.Unsigned, 32, OperandTypeKind.Float, 32) => SingleToUnsigned(d, a, conversion.Rounding),
            (OperandTypeKind.Float, 32, OperandTypeKind.Float, 16) => new Unary<uint, NarrowToSingle<HalfFloat>>(d, a),
            (OperandTypeKind.Float, 32, OperandTypeKind.Brain, 16) => new Unary<uint, NarrowToSingle<BrainFloat>>(d, a),
            (OperandTypeKind.Float, 16, OperandTypeKind.Float, 32) => new Unary<uint, SingleToNarrow<HalfFloat>>(d, a),
            (OperandTypeKind.Brain, 16, OperandTypeKind.Float, 32) => new Unary<uint, SingleToNarrow<BrainFloat>>(d, a),
            (OperandTypeKind.Float, 64, OperandTypeKind.Float, 32) => new Widen<SingleToDouble>(d, a),
            (OperandTypeKind.Float, 32, OperandTypeKind.Float, 64) => new Narrow<DoubleToSingle>(d, a),
            (OperandTypeKind.Float, 64, OperandTypeKind.Signed, 32) => new Widen<IntegerToDouble>(d, a),
            (OperandTypeKind.Float, 64, OperandTypeKind.Unsigned, 32) => new Widen<UnsignedToDouble>(d, a),
            _ => null,
        };
    }

    private static Operation? Integer(int d, int a, OperandType to, OperandType from)
    {
        if (to.Bits == 64)
        {
            return from.Bits == 64 ? new Unary<ulong, Copy<ulong>>(d, a) : new ExtensionToWide(d, a, 32 - from.Bits, from.IsSigned);
        }

        bool isCut = to.Bits <= from.Bits;
        int shift = 32 - (isCut ? to.Bits : from.Bits);

        // A register has at least 16 bits, and an 8-bit result is extended to it.
        uint mask = to.Bits == 32 ? uint.MaxValue : 0xFFFF;
        bool isSigned = isCut ? to.IsSigned : from.IsSigned;
        if (from.Bits < 64)
        {
            return new Extension(d, a, shift, isSigned, mask);
        }

        Narrow<Truncate> narrow = new(d, a);
        return to.Bits == 32 ? narrow : new Sequence(narrow, new Extension(d, d, shift, isSigned, mask));
    }

    private static Operation? SingleToSingle(int d, int a, Conversion conversion)
    {
        if (conversion.Rectifies)
        {
            return null;
        }

        return !conversion.IsIntegral ? Finished<Copy<float>>(d, a, conversion) : conversion.Rounding switch
        {
            Rounding.Nearest => Finished<RoundEven<float>>(d, a, conversion),
            Rounding.Zero => Finished<RoundToZero<float>>(d, a, conversion),
            Rounding.Down => Finished<RoundDown<float>>(d, a, conversion),
            _ => Finished<RoundUp<float>>(d, a, conversion),
        };
    }

    private static Operation Finished<TOp>(int d, int a, Conversion conversion)
        where TOp : struct, IUnary<float> => (conversion.Flushes, conversion.Saturates) switch
        {
            (false, false) => new Unary<float, Finished1<TOp, Plain>>(d, a),
            (true, false) => new Unary<float, Finished1<TOp, Flushing>>(d, a),
            (false, true) => new Unary<float, Finished1<TOp, Saturating>>(d, a),
            (true, true) => new Unary<float, Finished1<TOp, FlushingSaturating>>(d, a),
        };

    private static Operation SingleToInteger(int d, int a, Rounding rounding) => rounding switch
    {
        Rounding.Nearest => new Unary<uint, SingleToInteger<RoundEven<float>>>(d, a),
        Rounding.Zero => new Unary<uint, SingleToInteger<RoundToZero<float>>>(d, a),
        Rounding.Down => new Unary<uint, SingleToInteger<RoundDown<float>>>(d, a),
        _ => new Unary<uint, SingleToInteger<RoundUp<float>>>(d, a),
    };

    private static Operation SingleToUnsigned(int d, int a, Rounding rounding) => rounding switch
    {
        Rounding.Nearest => new Unary<uint, SingleToUnsigned<RoundEven<float>>>(d, a),
        Rounding.Zero => new Unary<uint, SingleToUnsigned<RoundToZero<float>>>(d, a),
        Rounding.Down => new Unary<uint, SingleToUnsigned<RoundDown<float>>>(d, a),
        _ => new Unary<uint, SingleToUnsigned<RoundUp<float>>>(d, a),
    };
}
