using System;
using Winnow.Simulator.Execution;

namespace Winnow.Simulator.Operations;

/// <summary><c>testp</c>: which class of floats a value is of.</summary>
internal static class FloatClassDecoder
{
    public static Operation? Decode(InstructionReader reader)
    {
        string? kind = reader.TakeAny("finite", "infinite", "number", "notanumber", "normal", "subnormal");
        if (kind is null || reader.Count != 2 || reader.TakeType() is not OperandType { Kind: OperandTypeKind.Float } type)
        {
            return null;
        }

        FloatFormat format = FloatFormat.Of(type);
        ulong infinity = format.Infinity;
        ulong magnitude = ~format.Sign;
        Func<ulong, bool> test = kind switch
        {
            "finite" => bits => (bits & infinity) != infinity,
            "infinite" => bits => (bits & magnitude) == infinity,
            "number" => bits => (bits & magnitude) <= infinity,
            "notanumber" => bits => (bits & magnitude) > infinity,
            "normal" => bits => (bits & infinity) != infinity && (bits & infinity) != 0,
            _ => bits => (bits & infinity) == 0 && (bits & magnitude) != 0,
        };
        return new LaneTest(reader.Predicate(0), reader.Slot(1, type.Bits), test);
    }
}
