using System;
using System.Numerics;
using Winnow.Simulator.Execution;

namespace Winnow.Simulator.Operations;

/// <summary>Arithmetic in several words: <c>add.cc</c>, <c>addc</c>, <c>sub.cc</c>, <c>subc</c>, <c>mad.cc</c>, <c>madc</c>.</summary>
internal static class CarryDecoder
{
    /// <summary>Decodes an instruction whose type and <c>cc</c> were taken.</summary>
    public static Operation? Decode(InstructionReader reader, OperandType type)
    {
        bool writes = reader.Take("cc");
        bool reads = reader.Opcode is "addc" or "subc" or "madc";
        int bits = type.Bits;
        if (bits == 16)
        {
            return null;
        }

        if (reader.Opcode is "mad" or "madc")
        {
            string? part = reader.TakeAny("lo", "hi");
            return part is null || reader.Count != 4
                ? null
                : new CarrySum(reader.Slot(0, bits), reader.Slot(1, bits), reader.Slot(2, bits), reader.Slot(3, bits), Product(part, type), reads, writes, false);
        }

        return reader.Opcode is not ("add" or "addc" or "sub" or "subc") || reader.Count != 3
            ? null
            : new CarrySum(
                reader.Slot(0, bits),
                reader.Slot(1, bits),
                reader.Slot(1, bits),
                reader.Slot(2, bits),
                static (x, _) => x,
                reads,
                writes,
                reader.Opcode is "sub" or "subc");
    }

    private static Func<ulong, ulong, ulong> Product(string part, OperandType type) => (part, type.Bits, type.IsSigned) switch
    {
        ("lo", _, _) => static (x, y) => x * y,
        ("hi", 32, false) => static (x, y) => (x * y) >> 32,
        ("hi", 32, true) => static (x, y) => (ulong)((int)x * (long)(int)y >> 32),
        (_, _, false) => static (x, y) => Math.BigMul(x, y, out _),
        _ => static (x, y) => (ulong)Math.BigMul((long)x, (long)y, out _),
    };
}

/// <summary>A sum or difference with the carry of the lane going in, out, or both.</summary>
internal sealed unsafe class CarrySum(Slot d, Slot a, Slot b, Slot c, Func<ulong, ulong, ulong> first, bool reads, bool writes, bool isDifference) : Operation
{
    public override void Execute(Warp warp, uint lanes)
    {
        byte* registers = warp.Registers;
        ulong ones = ulong.MaxValue >> (64 - d.Bits);
        uint carries = 0;
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            ulong x = first(a.Read(registers, lane), b.Read(registers, lane)) & ones;
            ulong y = c.Read(registers, lane);
            ulong carry = reads ? (warp.Carry >> lane) & 1 : 0;
            UInt128 exact = isDifference ? (UInt128)x - y - carry : (UInt128)x + y + carry;
            d.Write(registers, lane, (ulong)exact);
            carries |= ((uint)(exact >> d.Bits) & 1) << lane;
        }

        if (writes)
        {
            warp.Carry = (warp.Carry & ~lanes) | carries;
        }
    }
}
