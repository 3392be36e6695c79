using Winnow.Simulator.Execution;

namespace Winnow.Simulator.Operations;

/// <summary>Conversions of two values into one register.</summary>
internal static class PackDecoder
{
    /// <summary><c>cvt.rn.f16x2.f32 d, a, b</c> and its like: a goes above b.</summary>
    public static Operation? DecodeFloats(InstructionReader reader, Conversion conversion)
    {
        if (reader.Count != 3 || conversion.From != Conversion.Single || conversion.IsIntegral)
        {
            return null;
        }

        int d = reader.At(0, 32);
        int a = reader.At(1, 32);
        int b = reader.At(2, 32);
        if (conversion is { Rounding: Rounding.Nearest, Flushes: false, Saturates: false })
        {
            return (conversion.To.Kind == OperandTypeKind.Brain, conversion.Rectifies) switch
            {
                (false, false) => new Binary<uint, PackNarrow<HalfFloat, Plain>>(d, a, b),
                (false, true) => new Binary<uint, PackNarrow<HalfFloat, Rectifying>>(d, a, b),
                (true, false) => new Binary<uint, PackNarrow<BrainFloat, Plain>>(d, a, b),
                (true, true) => new Binary<uint, PackNarrow<BrainFloat, Rectifying>>(d, a, b),
            };
        }

        return new LaneFunction(
            new Slot(d, 32), new Slot(a, 32), new Slot(b, 32), (x, y) => (conversion.Apply(x) << 16) | conversion.Apply(y));
    }

    /// <summary><c>cvt.pack.sat</c>: two integers clamped, a above b, and what lies below in c above both.</summary>
    public static Operation? DecodeIntegers(InstructionReader reader)
    {
        if (!reader.Take("sat") || reader.TakeType() is not { IsFloat: false, Bits: 8 or 16 } to
            || reader.TakeType() is not { Kind: OperandTypeKind.Signed, Bits: 32 } from)
        {
            return null;
        }

        Conversion conversion = new(to, from, Rounding.Nearest) { Saturates = true };
        ulong ones = (1ul << to.Bits) - 1;
        ulong Pair(ulong a, ulong b) => ((conversion.Apply(a) & ones) << to.Bits) | (conversion.Apply(b) & ones);
        if (to.Bits == 16)
        {
            return reader.Count != 3 ? null : new LaneFunction(reader.Slot(0, 32), reader.Slot(1, 32), reader.Slot(2, 32), Pair);
        }

        return reader.Count != 4 || reader.TakeType() is not { Kind: OperandTypeKind.Bits, Bits: 32 } ? null : new LaneFunction(
            reader.Slot(0, 32),
            reader.Slot(1, 32),
            reader.Slot(2, 32),
            reader.Slot(3, 32),
            (a, b, c) => Pair(a, b) | (c << 16));
    }
}
