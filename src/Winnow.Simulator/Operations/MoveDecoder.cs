using System.Collections.Generic;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Winnow.Simulator.Execution;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Operations;

/// <summary><c>mov</c> between registers, from immediates and special registers, and between registers and their parts.</summary>
internal static class MoveDecoder
{
    public static Operation? Decode(InstructionReader reader)
    {
        if (reader.Count != 2 || reader.TakeType() is not OperandType type)
        {
            return null;
        }

        if (type.Kind == OperandTypeKind.Predicate)
        {
            return PredicateDecoder.Decode(reader);
        }

        if (type.Bits < 16 || type.IsPacked)
        {
            return null;
        }

        return (reader[0].Kind, reader[1].Kind) switch
        {
            (PtxOperandKind.Vector, PtxOperandKind.Vector) => null,
            (PtxOperandKind.Vector, _) => Unpack(reader, type.Bits),
            (_, PtxOperandKind.Vector) => Pack(reader, type.Bits),
            _ => type.Bits == 64
                ? new Unary<ulong, Copy<ulong>>(reader.At(0, 64), reader.At(1, 64))
                : new Unary<uint, Copy<uint>>(reader.At(0, type.Bits), reader.At(1, type.Bits)),
        };
    }

    private static Operation? Pack(InstructionReader reader, int bits)
    {
        PtxOperand[] parts = reader[1].Parts;
        int d = reader.At(0, bits);
        int partBits = bits / parts.Length;
        Slot[] slots = [.. parts.Select(part => reader.SlotOf(part, partBits))];
        return (bits, parts.Length) switch
        {
            (32, 2) => new Binary<uint, PackShorts>(d, slots[0].Offset, slots[1].Offset),
            (64, 2) => new PackWords(d, slots[0].Offset, slots[1].Offset),
            (32, 4) => new LaneFunction4(
                new Slot(d, 32), slots[0], slots[1], slots[2], slots[3], static (a, b, c, e) => a | (b << 8) | (c << 16) | (e << 24)),
            (64, 4) => new LaneFunction4(
                new Slot(d, 64), slots[0], slots[1], slots[2], slots[3], static (a, b, c, e) => a | (b << 16) | (c << 32) | (e << 48)),
            (16, 2) => new LaneFunction(new Slot(d, 16), slots[0], slots[1], static (a, b) => a | (b << 8)),
            _ => null,
        };
    }

    private static Operation? Unpack(InstructionReader reader, int bits)
    {
        PtxOperand[] parts = reader[0].Parts;
        if ((bits, parts.Length) is not ((32, 2) or (64, 2) or (32, 4) or (64, 4) or (16, 2)))
        {
            return null;
        }

        int partBits = bits / parts.Length;
        Slot source = reader.Slot(1, bits);
        List<Operation> moves = [];
        for (int i = 0; i < parts.Length; i++)
        {
            if (parts[i].Kind != PtxOperandKind.Sink)
            {
                moves.Add(Part(reader.SlotOf(parts[i], partBits), source, i * partBits));
            }
        }

        return moves.Count switch
        {
            0 => new Nothing(),
            1 => moves[0],
            _ => new Sequence([.. moves]),
        };
    }

    private static Operation Part(Slot d, Slot source, int shift) => (source.Bits, d.Bits, shift) switch
    {
        (32, 16, 0) => new Unary<uint, LowerShort>(d.Offset, source.Offset),
        (32, 16, _) => new Unary<uint, UpperShort>(d.Offset, source.Offset),
        (64, 32, 0) => new Narrow<Truncate>(d.Offset, source.Offset),
        (64, 32, _) => new Narrow<UpperHalf>(d.Offset, source.Offset),
        _ => new LaneFunction(d, source, x => x >> shift),
    };
}

/// <summary>Two 32-bit registers as one of 64 bits.</summary>
internal sealed unsafe class PackWords(int d, int a, int b) : Operation
{
    [MethodImpl(Lane.Hot)]
    public override void Execute(Warp warp, uint lanes)
    {
        byte* registers = warp.Registers;
        for (int i = 0; i < sizeof(uint); i++)
        {
            (Vector256<ulong> a0, Vector256<ulong> a1) = Vector256.Widen(Lane.Load<uint>(registers + a + (i * Lane.Step)));
            (Vector256<ulong> b0, Vector256<ulong> b1) = Vector256.Widen(Lane.Load<uint>(registers + b + (i * Lane.Step)));
            byte* at = registers + d + (i * 2 * Lane.Step);
            Lane.Store(at, a0 | (b0 << 32), lanes, 2 * i);
            Lane.Store(at + Lane.Step, a1 | (b1 << 32), lanes, (2 * i) + 1);
        }
    }
}
