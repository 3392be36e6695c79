using System;
using Winnow.Simulator.Execution;

namespace Winnow.Simulator.Operations;

/// <summary>
/// The video instructions on two or four integers in a register (<c>vabsdiff4</c> and its like) in the form that compilers emit: all elements in
/// their places. With <c>add</c> the results are summed onto c.
/// </summary>
internal static class VideoDecoder
{
    /// <summary>Decodes an instruction; null for the scalar ones and for results that are to be merged.</summary>
    public static Operation? Decode(InstructionReader reader)
    {
        int bits = reader.Opcode[^1] == '4' ? 8 : 16;
        bool isComparison = reader.Opcode.StartsWith("vset", StringComparison.Ordinal);
        OperandType? result = isComparison ? new OperandType(OperandTypeKind.Unsigned, 32) : reader.TakeType();
        if (result is not { Bits: 32 } d || reader.TakeType() is not { Bits: 32 } a || reader.TakeType() is not { Bits: 32 } b || reader.Count != 4)
        {
            return null;
        }

        Func<long, long, long>? function = FunctionOf(reader, reader.Opcode[..^1]);
        bool saturates = reader.Take("sat");
        bool sums = reader.Take("add");
        return function is null || (saturates && sums) ? null : new LaneFunction(
            reader.Slot(0, 32),
            reader.Slot(1, 32),
            reader.Slot(2, 32),
            reader.Slot(3, 32),
            (x, y, c) => Apply(new Elements(x, a.IsSigned, bits), new Elements(y, b.IsSigned, bits), c, function, saturates ? d.IsSigned : null, sums));
    }

    private static ulong Apply(Elements a, Elements b, ulong c, Func<long, long, long> function, bool? saturatesSigned, bool sums)
    {
        ulong result = sums ? c : 0;
        for (int at = 0; at < 32; at += a.Bits)
        {
            long value = function(a.At(at), b.At(at));
            if (saturatesSigned is bool isSigned)
            {
                value = Math.Clamp(value, isSigned ? -(1L << (a.Bits - 1)) : 0, (1L << (isSigned ? a.Bits - 1 : a.Bits)) - 1);
            }

            result = sums ? result + (ulong)value : result | (((ulong)value & a.Ones) << at);
        }

        return result;
    }

    private static Func<long, long, long>? FunctionOf(InstructionReader reader, string name) => name switch
    {
        "vadd" => static (x, y) => x + y,
        "vsub" => static (x, y) => x - y,
        "vavrg" => static (x, y) => (x + y + (x + y >= 0 ? 1 : 0)) >> 1,
        "vabsdiff" => static (x, y) => Math.Abs(x - y),
        "vmin" => Math.Min,
        "vmax" => Math.Max,
        "vset" => reader.TakeAny("eq", "ne", "lt", "le", "gt", "ge") switch
        {
            "eq" => static (x, y) => x == y ? 1 : 0,
            "ne" => static (x, y) => x != y ? 1 : 0,
            "lt" => static (x, y) => x < y ? 1 : 0,
            "le" => static (x, y) => x <= y ? 1 : 0,
            "gt" => static (x, y) => x > y ? 1 : 0,
            "ge" => static (x, y) => x >= y ? 1 : 0,
            _ => null,
        },
        _ => null,
    };

    private readonly record struct Elements(ulong Packed, bool IsSigned, int Bits)
    {
        public ulong Ones => (1ul << Bits) - 1;

        public long At(int at) => IsSigned ? IntegerDecoder.Extend(Packed >> at, Bits) : (long)((Packed >> at) & Ones);
    }
}
