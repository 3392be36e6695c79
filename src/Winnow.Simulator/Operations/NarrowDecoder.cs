using Winnow.Simulator.Execution;

namespace Winnow.Simulator.Operations;

/// <summary>Arithmetic of <c>f16</c>, <c>bf16</c> and pairs of them, rounded to nearest once.</summary>
internal static class NarrowDecoder
{
    /// <summary>Decodes arithmetic whose type was taken.</summary>
    public static Operation? Decode(InstructionReader reader, OperandType type) => type.Kind == OperandTypeKind.Brain
        ? Arithmetic<BrainFloat>(reader, type)
        : Arithmetic<HalfFloat>(reader, type);

    /// <summary>Decodes an approximation whose type was taken.</summary>
    public static Operation? DecodeFunction(InstructionReader reader, OperandType type)
    {
        if (reader.Count != 2 || !reader.Take("approx"))
        {
            return null;
        }

        return type.Kind == OperandTypeKind.Brain ? Function<BrainFloat>(reader, type, reader.Take("ftz")) : Function<HalfFloat>(reader, type, false);
    }

    private static Operation? Function<TFormat>(InstructionReader reader, OperandType type, bool flushes)
        where TFormat : struct, INarrowFloat => (reader.Opcode, flushes) switch
        {
            ("ex2", false) => Unary<Narrow1<TFormat, ThroughDouble<PowerOfTwo>, Plain>>(reader, type),
            ("ex2", true) => Unary<Narrow1<TFormat, ThroughDouble<PowerOfTwo>, Flushing>>(reader, type),
            ("tanh", false) => Unary<Narrow1<TFormat, ThroughDouble<HyperbolicTangent>, Plain>>(reader, type),
            _ => null,
        };

    private static Operation? Arithmetic<TFormat>(InstructionReader reader, OperandType type)
        where TFormat : struct, INarrowFloat
    {
        if (reader.TakeAny("rn") is null && reader.Opcode == "fma")
        {
            return null;
        }

        return (reader.Opcode, reader.Count) switch
        {
            ("add", 3) => Rounded<TFormat, OddAdd>(reader, type),
            ("sub", 3) => Rounded<TFormat, OddSubtract>(reader, type),
            ("mul", 3) => Rounded<TFormat, OddMultiply<TFormat>>(reader, type),
            ("min", 3) => reader.Take("NaN")
                ? Binary<Narrow2<TFormat, Minimum<float>, Plain>>(reader, type)
                : Binary<Narrow2<TFormat, MinimumNumber<float>, Plain>>(reader, type),
            ("max", 3) => reader.Take("NaN")
                ? Binary<Narrow2<TFormat, Maximum<float>, Plain>>(reader, type)
                : Binary<Narrow2<TFormat, MaximumNumber<float>, Plain>>(reader, type),
            ("fma", 4) => Fused<TFormat>(reader, type),
            ("abs", 2) => new Unary<uint, ClearSigns>(reader.At(0, type.RegisterBits), reader.At(1, type.RegisterBits)),
            ("neg", 2) when type.IsPacked => new Unary<uint, FlipSigns>(reader.At(0, 32), reader.At(1, 32)),
            ("neg", 2) => new Unary<uint, FlipSign>(reader.At(0, 16), reader.At(1, 16)),
            _ => null,
        };
    }

    private static Operation? Rounded<TFormat, TOp>(InstructionReader reader, OperandType type)
        where TFormat : struct, INarrowFloat
        where TOp : struct, IBinary<float> => reader.Take("sat")
            ? Binary<Narrow2<TFormat, TOp, Saturating>>(reader, type)
            : Binary<Narrow2<TFormat, TOp, Plain>>(reader, type);

    private static Operation? Fused<TFormat>(InstructionReader reader, OperandType type)
        where TFormat : struct, INarrowFloat
    {
        if (reader.Take("relu"))
        {
            return Ternary<NarrowFused<TFormat, Rectifying>>(reader, type);
        }

        return reader.Take("sat") ? Ternary<NarrowFused<TFormat, Saturating>>(reader, type) : Ternary<NarrowFused<TFormat, Plain>>(reader, type);
    }

    private static Operation? Unary<TOp>(InstructionReader reader, OperandType type)
        where TOp : struct, IUnary<uint>
    {
        int d = reader.At(0, type.RegisterBits);
        int a = reader.At(1, type.RegisterBits);
        return type.IsPacked ? new Unary<uint, Packed1<TOp>>(d, a) : new Unary<uint, TOp>(d, a);
    }

    private static Operation? Binary<TOp>(InstructionReader reader, OperandType type)
        where TOp : struct, IBinary<uint>
    {
        int d = reader.At(0, type.RegisterBits);
        int a = reader.At(1, type.RegisterBits);
        int b = reader.At(2, type.RegisterBits);
        return type.IsPacked ? new Binary<uint, Packed2<TOp>>(d, a, b) : new Binary<uint, TOp>(d, a, b);
    }

    private static Operation? Ternary<TOp>(InstructionReader reader, OperandType type)
        where TOp : struct, ITernary<uint>
    {
        int d = reader.At(0, type.RegisterBits);
        int a = reader.At(1, type.RegisterBits);
        int b = reader.At(2, type.RegisterBits);
        int c = reader.At(3, type.RegisterBits);
        return type.IsPacked ? new Ternary<uint, Packed3<TOp>>(d, a, b, c) : new Ternary<uint, TOp>(d, a, b, c);
    }
}
