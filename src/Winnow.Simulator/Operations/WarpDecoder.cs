using System;
using System.Numerics;
using Winnow.Simulator.Execution;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Operations;

/// <summary>
/// Exchange between the lanes of a warp: <c>shfl</c>, <c>vote</c>, <c>match</c>, <c>redux</c>, <c>activemask</c>, <c>elect</c>. Those who take part are
/// the lanes that execute together; the member mask is for the scheduler, which brings the members together beforehand.
/// </summary>
internal static class WarpDecoder
{
    public static Operation? Decode(InstructionReader reader)
    {
        bool isSync = reader.Take("sync");
        return (reader.Opcode, isSync) switch
        {
            ("shfl", _) => Shuffle(reader, isSync),
            ("vote", _) => Vote(reader, isSync),
            ("activemask", false) when reader.TakeType() is { Bits: 32 } && reader.Count == 1 => new ActiveMask(reader.At(0, 32)),
            ("match", true) => Match(reader),
            ("redux", true) => Reduce(reader),
            ("elect", true) => Elect(reader),
            _ => null,
        };
    }

    private static (PtxOperand First, PtxOperand? Second) Split(PtxOperand operand) => operand is { Kind: PtxOperandKind.Vector, Parts.Length: 2 }
        ? (operand.Parts[0], operand.Parts[1])
        : (operand, null);

    private static Operation? Shuffle(InstructionReader reader, bool isSync)
    {
        string? mode = reader.TakeAny("up", "down", "bfly", "idx");
        if (mode is null || reader.TakeType() is not { Bits: 32 } || reader.Count != (isSync ? 5 : 4))
        {
            return null;
        }

        (PtxOperand d, PtxOperand? p) = Split(reader[0]);
        PredicateSlot inRange = p is null ? PredicateSlot.None : reader.Predicate(p);
        int destination = d.Kind == PtxOperandKind.Sink ? -1 : reader.SlotOf(d, 32).Offset;
        bool isFixed = reader[2].Kind == PtxOperandKind.Immediate && reader[3].Kind == PtxOperandKind.Immediate;
        ShuffleLanes source = new(mode);
        return isFixed && destination >= 0
            ? new FixedShuffle(source, destination, inRange, reader.At(1, 32), (uint)reader[2].Bits, (uint)reader[3].Bits)
            : new Shuffle(source, destination, inRange, reader.At(1, 32), reader.At(2, 32), reader.At(3, 32));
    }

    private static Vote? Vote(InstructionReader reader, bool isSync)
    {
        string? mode = reader.TakeAny("all", "any", "uni", "ballot");
        if (mode is null || reader.TakeType() is not OperandType type || reader.Count != (isSync ? 3 : 2))
        {
            return null;
        }

        bool isLegal = mode == "ballot" ? type == new OperandType(OperandTypeKind.Bits, 32) : type.Kind == OperandTypeKind.Predicate;
        return !isLegal ? null : mode == "ballot"
            ? new Vote(mode, reader.At(0, 32), PredicateSlot.None, reader.Predicate(1))
            : new Vote(mode, -1, reader.Predicate(0), reader.Predicate(1));
    }

    private static Match? Match(InstructionReader reader)
    {
        string? mode = reader.TakeAny("any", "all");
        if (mode is null || reader.Count != 3 || reader.TakeType() is not { Kind: OperandTypeKind.Bits, Bits: 32 or 64 } type)
        {
            return null;
        }

        (PtxOperand d, PtxOperand? p) = Split(reader[0]);
        return new Match(mode == "all", reader.SlotOf(d, 32).Offset, p is null ? PredicateSlot.None : reader.Predicate(p), reader.Slot(1, type.Bits));
    }

    private static Reduction? Reduce(InstructionReader reader)
    {
        string? name = reader.TakeAny("add", "min", "max", "and", "or", "xor");
        if (name is null || reader.Count != 3 || reader.TakeType() is not { Bits: 32, IsFloat: false } type)
        {
            return null;
        }

        Func<uint, uint, uint>? function = (name, type.Kind) switch
        {
            ("add", OperandTypeKind.Signed or OperandTypeKind.Unsigned) => static (x, y) => x + y,
            ("min", OperandTypeKind.Unsigned) => Math.Min,
            ("min", OperandTypeKind.Signed) => static (x, y) => (uint)Math.Min((int)x, (int)y),
            ("max", OperandTypeKind.Unsigned) => Math.Max,
            ("max", OperandTypeKind.Signed) => static (x, y) => (uint)Math.Max((int)x, (int)y),
            ("and", OperandTypeKind.Bits) => static (x, y) => x & y,
            ("or", OperandTypeKind.Bits) => static (x, y) => x | y,
            ("xor", OperandTypeKind.Bits) => static (x, y) => x ^ y,
            _ => null,
        };
        return function is null ? null : new Reduction(reader.At(0, 32), reader.At(1, 32), function);
    }

    private static Election? Elect(InstructionReader reader)
    {
        (PtxOperand d, PtxOperand? p) = Split(reader[0]);
        return p is null || reader.Count != 2
            ? null
            : new Election(d.Kind == PtxOperandKind.Sink ? -1 : reader.SlotOf(d, 32).Offset, reader.Predicate(p));
    }
}

/// <summary>Writes one value to the lanes that take part.</summary>
internal static unsafe class Broadcast
{
    public static void Write(byte* at, uint value, uint lanes)
    {
        for (int i = 0; i < sizeof(uint); i++, at += Lane.Step)
        {
            Lane.Store(at, System.Runtime.Intrinsics.Vector256.Create(value), lanes, i);
        }
    }
}

/// <summary><c>vote</c></summary>
internal sealed unsafe class Vote(string mode, int d, PredicateSlot p, PredicateSlot a) : Operation
{
    public override void Execute(Warp warp, uint lanes)
    {
        uint ballot = a.Read(warp.Registers) & lanes;
        if (d >= 0)
        {
            Broadcast.Write(warp.Registers + d, ballot, lanes);
            return;
        }

        bool holds = mode switch
        {
            "all" => ballot == lanes,
            "any" => ballot != 0,
            _ => ballot == 0 || ballot == lanes,
        };
        p.Write(warp.Registers, holds ? uint.MaxValue : 0, lanes);
    }
}

/// <summary><c>activemask</c></summary>
internal sealed unsafe class ActiveMask(int d) : Operation
{
    public override void Execute(Warp warp, uint lanes) => Broadcast.Write(warp.Registers + d, lanes, lanes);
}

/// <summary><c>match</c></summary>
internal sealed unsafe class Match(bool isAll, int d, PredicateSlot p, Slot a) : Operation
{
    public override void Execute(Warp warp, uint lanes)
    {
        byte* registers = warp.Registers;
        for (uint left = lanes; left != 0;)
        {
            ulong value = a.Read(registers, BitOperations.TrailingZeroCount(left));
            uint same = 0;
            for (uint rest = left; rest != 0; rest &= rest - 1)
            {
                int lane = BitOperations.TrailingZeroCount(rest);
                same |= a.Read(registers, lane) == value ? 1u << lane : 0;
            }

            if (isAll)
            {
                Broadcast.Write(registers + d, same == lanes ? lanes : 0, lanes);
                p.Write(registers, same == lanes ? uint.MaxValue : 0, lanes);
                return;
            }

            // The destination may be the operand itself, so a group is written only when nobody compares with it any more.
            Broadcast.Write(registers + d, same, same);
            left &= ~same;
        }
    }
}

/// <summary><c>redux</c></summary>
internal sealed unsafe class Reduction(int d, int a, Func<uint, uint, uint> function) : Operation
{
    public override void Execute(Warp warp, uint lanes)
    {
        uint* values = (uint*)(warp.Registers + a);
        uint result = values[BitOperations.TrailingZeroCount(lanes)];
        for (uint left = lanes & (lanes - 1); left != 0; left &= left - 1)
        {
            result = function(result, values[BitOperations.TrailingZeroCount(left)]);
        }

        Broadcast.Write(warp.Registers + d, result, lanes);
    }
}

/// <summary><c>elect</c>: the first of the lanes.</summary>
internal sealed unsafe class Election(int d, PredicateSlot p) : Operation
{
    public override void Execute(Warp warp, uint lanes)
    {
        int leader = BitOperations.TrailingZeroCount(lanes);
        if (d >= 0)
        {
            Broadcast.Write(warp.Registers + d, (uint)leader, lanes);
        }

        p.Write(warp.Registers, 1u << leader, lanes);
    }
}
