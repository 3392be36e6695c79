using System;
using Winnow.Simulator.Execution;

namespace Winnow.Simulator.Operations;

/// <summary>Single and double precision.</summary>
internal static class FloatDecoder
{
    /// <summary>Decodes arithmetic whose type was taken.</summary>
    public static Operation? Decode(InstructionReader reader, OperandType type)
    {
        if (type.Kind != OperandTypeKind.Float)
        {
            return null;
        }

        return (reader.Opcode, reader.Count, type.Bits) switch
        {
            ("min" or "max", 3, 32) => SingleExtreme(reader),
            ("min" or "max", 3, 64) => DoubleExtreme(reader),
            ("abs" or "neg", 2, _) => Sign(reader, type),
            ("add" or "sub" or "mul" or "fma" or "mad" or "div", _, 32) => Single(reader),
            ("add" or "sub" or "mul" or "fma" or "mad" or "div", _, 64) => Double(reader),
            _ => null,
        };
    }

    /// <summary>Decodes roots, approximations and tests of signs and classes.</summary>
    public static Operation? DecodeFunction(InstructionReader reader)
    {
        if (reader.Opcode == "testp")
        {
            return FloatClassDecoder.Decode(reader);
        }

        if (reader.TakeType() is not OperandType type || !type.IsFloat)
        {
            return null;
        }

        if (type.Bits == 16)
        {
            return NarrowDecoder.DecodeFunction(reader, type);
        }

        if (reader.Opcode == "copysign")
        {
            return reader.Count != 3 ? null : type.Bits == 32
                ? new Binary<float, CopySign<float>>(reader.At(0, 32), reader.At(1, 32), reader.At(2, 32))
                : new Binary<double, CopySign<double>>(reader.At(0, 64), reader.At(1, 64), reader.At(2, 64));
        }

        return reader.Count != 2 ? null : type.Bits == 32 ? SingleFunction(reader) : DoubleFunction(reader);
    }

    private static Operation? Single(InstructionReader reader)
    {
        string? quality = reader.Opcode == "div" ? reader.TakeAny("approx", "full") : null;
        Rounding rounding = reader.TakeRounding();
        if (rounding != Rounding.Nearest)
        {
            return rounding switch
            {
                _ when reader.Opcode == "div" => Rounded(reader, FloatFormat.Single, rounding),
                Rounding.Down => Directed<Downwards>(reader),
                Rounding.Up => Directed<Upwards>(reader),
                _ => Directed<TowardsZero>(reader),
            };
        }

        if (reader.Opcode is "fma" or "mad")
        {
            return reader.Count == 4 ? FinishedOperation.Ternary<Fused>(reader) : null;
        }

        return reader.Count != 3 || (quality is not null && reader.Opcode != "div") ? null : reader.Opcode switch
        {
            "add" => FinishedOperation.Binary<Add<float>>(reader),
            "sub" => FinishedOperation.Binary<Subtract<float>>(reader),
            "mul" => FinishedOperation.Binary<Multiply<float>>(reader),
            _ => FinishedOperation.Binary<Divide<float>>(reader),
        };
    }

    private static Operation? Directed<TDirection>(InstructionReader reader)
        where TDirection : struct, IDirection => (reader.Opcode, reader.Count) switch
        {
            ("add", 3) => FinishedOperation.Binary<DirectedAdd<TDirection>>(reader),
            ("sub", 3) => FinishedOperation.Binary<DirectedSubtract<TDirection>>(reader),
            ("mul", 3) => FinishedOperation.Binary<DirectedMultiply<TDirection>>(reader),
            ("fma" or "mad", 4) => FinishedOperation.Ternary<DirectedFused<TDirection>>(reader),
            _ => null,
        };

    private static Operation? Double(InstructionReader reader)
    {
        Rounding rounding = reader.TakeRounding();
        if (rounding != Rounding.Nearest)
        {
            return Rounded(reader, FloatFormat.Double, rounding);
        }

        if (reader.Count < 3)
        {
            return null;
        }

        int d = reader.At(0, 64);
        int a = reader.At(1, 64);
        int b = reader.At(2, 64);
        return (reader.Opcode, reader.Count) switch
        {
            ("fma" or "mad", 4) => new Ternary<double, Fused>(d, a, b, reader.At(3, 64)),
            ("add", 3) => new Binary<double, Add<double>>(d, a, b),
            ("sub", 3) => new Binary<double, Subtract<double>>(d, a, b),
            ("mul", 3) => new Binary<double, Multiply<double>>(d, a, b),
            ("div", 3) => new Binary<double, Divide<double>>(d, a, b),
            _ => null,
        };
    }

    private static LaneFunction? Rounded(InstructionReader reader, FloatFormat format, Rounding rounding)
    {
        RoundedArithmetic arithmetic = new(format, rounding);
        bool flushes = reader.Take("ftz");
        bool saturates = reader.Take("sat");
        Func<ulong, ulong, ulong, ulong>? function = (reader.Opcode, reader.Count) switch
        {
            ("add", 3) => (x, y, _) => arithmetic.Add(x, y),
            ("sub", 3) => (x, y, _) => arithmetic.Subtract(x, y),
            ("mul", 3) => (x, y, _) => arithmetic.Multiply(x, y),
            ("div", 3) => (x, y, _) => arithmetic.Divide(x, y),
            ("fma" or "mad", 4) => arithmetic.Fused,
            ("rcp", 2) => (x, _, _) => arithmetic.Reciprocal(x),
            ("sqrt", 2) => (x, _, _) => arithmetic.SquareRoot(x),
            _ => null,
        };
        if (function is null)
        {
            return null;
        }

        int bits = format.FractionBits == 52 ? 64 : 32;
        Slot a = reader.Slot(1, bits);
        Slot b = reader.Count > 2 ? reader.Slot(2, bits) : a;
        Slot c = reader.Count > 3 ? reader.Slot(3, bits) : a;
        return new LaneFunction(reader.Slot(0, bits), a, b, c, FinishedOperation.Around(function, format, flushes, saturates));
    }

    private static Operation? SingleExtreme(InstructionReader reader) => (reader.Opcode, reader.Take("NaN")) switch
    {
        ("min", false) => FinishedOperation.BinaryUnsaturated<MinimumNumber<float>>(reader),
        ("min", true) => FinishedOperation.BinaryUnsaturated<Minimum<float>>(reader),
        (_, false) => FinishedOperation.BinaryUnsaturated<MaximumNumber<float>>(reader),
        _ => FinishedOperation.BinaryUnsaturated<Maximum<float>>(reader),
    };

    private static Operation DoubleExtreme(InstructionReader reader) => reader.Opcode == "min"
        ? new Binary<double, MinimumNumber<double>>(reader.At(0, 64), reader.At(1, 64), reader.At(2, 64))
        : new Binary<double, MaximumNumber<double>>(reader.At(0, 64), reader.At(1, 64), reader.At(2, 64));

    private static Operation Sign(InstructionReader reader, OperandType type)
    {
        int d = reader.At(0, type.Bits);
        int a = reader.At(1, type.Bits);
        return (reader.Opcode, type.Bits, reader.Take("ftz")) switch
        {
            ("abs", 32, false) => new Unary<float, Absolute<float>>(d, a),
            ("abs", 32, true) => new Unary<float, Finished1<Absolute<float>, Flushing>>(d, a),
            ("abs", _, _) => new Unary<double, Absolute<double>>(d, a),
            (_, 32, false) => new Unary<float, Negate<float>>(d, a),
            (_, 32, true) => new Unary<float, Finished1<Negate<float>, Flushing>>(d, a),
            _ => new Unary<double, Negate<double>>(d, a),
        };
    }

    private static Operation? SingleFunction(InstructionReader reader)
    {
        bool isApproximate = reader.Take("approx");
        if (!isApproximate && reader.Opcode is not ("rcp" or "sqrt"))
        {
            return null;
        }

        Rounding rounding = isApproximate ? Rounding.Nearest : reader.TakeRounding();
        return rounding != Rounding.Nearest ? Rounded(reader, FloatFormat.Single, rounding) : reader.Opcode switch
        {
            "rcp" => FinishedOperation.Unary<Reciprocal<float>>(reader),
            "sqrt" => FinishedOperation.Unary<SquareRoot<float>>(reader),
            "rsqrt" => FinishedOperation.Unary<ThroughDouble<ReciprocalSquareRoot>>(reader),
            "sin" => FinishedOperation.Unary<ThroughDouble<Sine>>(reader),
            "cos" => FinishedOperation.Unary<ThroughDouble<Cosine>>(reader),
            "lg2" => FinishedOperation.Unary<ThroughDouble<BinaryLogarithm>>(reader),
            "ex2" => FinishedOperation.Unary<ThroughDouble<PowerOfTwo>>(reader),
            _ => FinishedOperation.Unary<ThroughDouble<HyperbolicTangent>>(reader),
        };
    }

    private static Operation? DoubleFunction(InstructionReader reader)
    {
        bool isApproximate = reader.Take("approx") && (reader.Take("ftz") || reader.Opcode == "rsqrt");
        Rounding rounding = isApproximate ? Rounding.Nearest : reader.TakeRounding();
        return rounding != Rounding.Nearest ? Rounded(reader, FloatFormat.Double, rounding) : (reader.Opcode, isApproximate) switch
        {
            ("rcp", _) => new Unary<double, Reciprocal<double>>(reader.At(0, 64), reader.At(1, 64)),
            ("sqrt", false) => new Unary<double, SquareRoot<double>>(reader.At(0, 64), reader.At(1, 64)),
            ("rsqrt", true) => new Unary<double, ReciprocalSquareRoot>(reader.At(0, 64), reader.At(1, 64)),
            _ => null,
        };
    }
}
