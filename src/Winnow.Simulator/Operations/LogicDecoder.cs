using System.Linq;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Winnow.Simulator.Execution;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Operations;

/// <summary>Logic and shifts, on predicates too.</summary>
internal static class LogicDecoder
{
    public static Operation? Decode(InstructionReader reader)
    {
        string? direction = reader.Opcode == "shf" ? reader.TakeAny("l", "r") : null;
        if (reader.TakeType() is not OperandType type || type.Bits == 8 || type.IsPacked)
        {
            return null;
        }

        if (type.Kind == OperandTypeKind.Predicate)
        {
            return PredicateDecoder.Decode(reader);
        }

        return (reader.Opcode, reader.Count) switch
        {
            ("and" or "or" or "xor", 3) when type.Kind == OperandTypeKind.Bits => Combine(reader, type.Bits),
            ("not", 2) when type.Kind == OperandTypeKind.Bits => Complement(reader, type.Bits),
            ("cnot", 2) when type.Kind == OperandTypeKind.Bits => LogicalNot(reader, type.Bits),
            ("shl", 3) => ShiftLeft(reader, type.Bits),
            ("shr", 3) => ShiftRight(reader, type),
            ("shf", 4) when type.Bits == 32 => Funnel(reader, direction),
            ("lop3", 5) when type.Bits == 32 => Table(reader),
            _ => null,
        };
    }

    private static Operation Combine(InstructionReader reader, int bits)
    {
        int d = reader.At(0, bits);
        int a = reader.At(1, bits);
        int b = reader.At(2, bits);
        return (reader.Opcode, bits) switch
        {
            ("and", 64) => new Binary<ulong, And<ulong>>(d, a, b),
            ("and", _) => new Binary<uint, And<uint>>(d, a, b),
            ("or", 64) => new Binary<ulong, Or<ulong>>(d, a, b),
            ("or", _) => new Binary<uint, Or<uint>>(d, a, b),
            (_, 64) => new Binary<ulong, Xor<ulong>>(d, a, b),
            _ => new Binary<uint, Xor<uint>>(d, a, b),
        };
    }

    private static Operation Complement(InstructionReader reader, int bits) => bits switch
    {
        16 => new Unary<uint, UnsignedShort<Complement<uint>>>(reader.At(0, 16), reader.At(1, 16)),
        32 => new Unary<uint, Complement<uint>>(reader.At(0, 32), reader.At(1, 32)),
        _ => new Unary<ulong, Complement<ulong>>(reader.At(0, 64), reader.At(1, 64)),
    };

    private static Operation LogicalNot(InstructionReader reader, int bits) => bits == 64
        ? new Unary<ulong, IsZero<ulong>>(reader.At(0, 64), reader.At(1, 64))
        : new Unary<uint, IsZero<uint>>(reader.At(0, bits), reader.At(1, bits));

    private static Operation ShiftLeft(InstructionReader reader, int bits)
    {
        int d = reader.At(0, bits);
        int a = reader.At(1, bits);
        int count = reader.At(2, 32);
        return bits switch
        {
            16 => new Binary<uint, UnsignedShort2<ShiftLeft>>(d, a, count),
            32 => new Binary<uint, ShiftLeft>(d, a, count),
            _ => new WideShift<ShiftLeft>(d, a, count),
        };
    }

    private static Operation ShiftRight(InstructionReader reader, OperandType type)
    {
        int d = reader.At(0, type.Bits);
        int a = reader.At(1, type.Bits);
        int count = reader.At(2, 32);
        return (type.Bits, type.IsSigned) switch
        {
            (16, true) => new Binary<uint, ShortShiftRightSigned>(d, a, count),
            (64, true) => new WideShift<ShiftRightSigned>(d, a, count),
            (64, false) => new WideShift<ShiftRight>(d, a, count),
            (_, true) => new Binary<uint, ShiftRightSigned>(d, a, count),
            _ => new Binary<uint, ShiftRight>(d, a, count),
        };
    }

    private static Operation? Funnel(InstructionReader reader, string? direction)
    {
        string? mode = reader.TakeAny("wrap", "clamp");
        int d = reader.At(0, 32);
        int a = reader.At(1, 32);
        int b = reader.At(2, 32);
        int c = reader.At(3, 32);
        return (direction, mode) switch
        {
            ("l", "wrap") => new Ternary<uint, FunnelLeft<WrapCount>>(d, a, b, c),
            ("l", "clamp") => new Ternary<uint, FunnelLeft<ClampCount>>(d, a, b, c),
            ("r", "wrap") => new Ternary<uint, FunnelRight<WrapCount>>(d, a, b, c),
            ("r", "clamp") => new Ternary<uint, FunnelRight<ClampCount>>(d, a, b, c),
            _ => null,
        };
    }

    private static TruthTable? Table(InstructionReader reader) => reader[4].Kind != PtxOperandKind.Immediate
        ? null
        : new TruthTable(reader.At(0, 32), reader.At(1, 32), reader.At(2, 32), reader.At(3, 32), (byte)reader[4].Bits);
}

/// <summary>What a funnel shift makes of its count.</summary>
internal readonly struct WrapCount : IUnary<uint>
{
    public static Vector256<uint> Apply(Vector256<uint> a) => a & Vector256.Create(31u);
}

/// <summary>What a funnel shift makes of its count.</summary>
internal readonly struct ClampCount : IUnary<uint>
{
    public static Vector256<uint> Apply(Vector256<uint> a) => Vector256.Min(a, Vector256.Create(32u));
}

/// <summary>The upper half of b:a shifted left.</summary>
internal readonly struct FunnelLeft<TCount> : ITernary<uint>
    where TCount : struct, IUnary<uint>
{
    public static Vector256<uint> Apply(Vector256<uint> a, Vector256<uint> b, Vector256<uint> c)
    {
        Vector256<uint> count = TCount.Apply(c);
        return VectorMath.ShiftLeft(b, count) | VectorMath.ShiftRight(a, Vector256.Create(32u) - count);
    }
}

/// <summary>The lower half of b:a shifted right.</summary>
internal readonly struct FunnelRight<TCount> : ITernary<uint>
    where TCount : struct, IUnary<uint>
{
    public static Vector256<uint> Apply(Vector256<uint> a, Vector256<uint> b, Vector256<uint> c)
    {
        Vector256<uint> count = TCount.Apply(c);
        return VectorMath.ShiftRight(a, count) | VectorMath.ShiftLeft(b, Vector256.Create(32u) - count);
    }
}

/// <summary><c>lop3</c>: bit i of the table is the result for the bits of a, b, c that make up i.</summary>
internal sealed unsafe class TruthTable(int d, int a, int b, int c, byte table) : Operation
{
    // Two bits of the table are a function of c alone: one of 0, not c, c and 1, which is c under one mask and flipped by another.
    private readonly uint[] _masks = [.. Enumerable.Range(0, 4).Select(pair => (table >> (2 * pair) & 3) is 1 or 2 ? uint.MaxValue : 0)];
    private readonly uint[] _flips = [.. Enumerable.Range(0, 4).Select(pair => (table >> (2 * pair) & 1) != 0 ? uint.MaxValue : 0)];

    [MethodImpl(Lane.Hot)]
    public override void Execute(Warp warp, uint lanes)
    {
        byte* registers = warp.Registers;
        for (int i = 0; i < sizeof(uint); i++, registers += Lane.Step)
        {
            Vector256<uint> x = Lane.Load<uint>(registers + a);
            Vector256<uint> y = Lane.Load<uint>(registers + b);
            Vector256<uint> z = Lane.Load<uint>(registers + c);
            Vector256<uint> zero = Pair(z, 0) ^ (y & (Pair(z, 0) ^ Pair(z, 1)));
            Vector256<uint> one = Pair(z, 2) ^ (y & (Pair(z, 2) ^ Pair(z, 3)));
            Lane.Store(registers + d, zero ^ (x & (zero ^ one)), lanes, i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector256<uint> Pair(Vector256<uint> z, int pair) => (z & Vector256.Create(_masks[pair])) ^ Vector256.Create(_flips[pair]);
}
