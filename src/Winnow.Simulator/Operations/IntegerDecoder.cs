using System;
using Winnow.Simulator.Execution;

namespace Winnow.Simulator.Operations;

/// <summary>Integer arithmetic. Division by zero gives all ones, and its remainder the dividend, as GPUs do; the ISA leaves both open.</summary>
internal static class IntegerDecoder
{
    /// <summary>Decodes an instruction whose type was taken.</summary>
    public static Operation? Decode(InstructionReader reader, OperandType type)
    {
        if (type.Kind is not (OperandTypeKind.Signed or OperandTypeKind.Unsigned) || type.Bits < 16)
        {
            return null;
        }

        if (type.IsPacked)
        {
            return Packed(reader, type.IsSigned);
        }

        if (reader.Take("cc") || reader.Opcode is "addc" or "subc" or "madc")
        {
            return CarryDecoder.Decode(reader, type);
        }

        return (reader.Opcode, reader.Count) switch
        {
            ("add" or "sub", 3) => Sum(reader, type),
            ("mul", 3) => Product(reader, type),
            ("mad", 4) => ProductSum(reader, type),
            ("mul24" or "mad24", 3 or 4) => Product24(reader, type),
            ("min" or "max", 3) => Extreme(reader, type),
            ("abs" or "neg", 2) => Sign(reader, type),
            ("div" or "rem", 3) => Quotient(reader, type),
            ("sad", 4) => Difference(reader, type),
            _ => null,
        };
    }

    /// <summary>Reads the lower bits as a signed integer.</summary>
    public static long Extend(ulong value, int bits) => (long)(value << (64 - bits)) >> (64 - bits);

    private static Operation? Packed(InstructionReader reader, bool isSigned)
    {
        if (reader.Count != 3)
        {
            return null;
        }

        int d = reader.At(0, 32);
        int a = reader.At(1, 32);
        int b = reader.At(2, 32);
        return (reader.Opcode, isSigned) switch
        {
            ("add", _) => new Binary<uint, Packed2<UnsignedShort2<Add<uint>>>>(d, a, b),
            ("min", false) => new Binary<uint, Packed2<UnsignedShort2<Minimum<uint>>>>(d, a, b),
            ("min", true) => new Binary<uint, Packed2<SignedShort2<Minimum<int>>>>(d, a, b),
            ("max", false) => new Binary<uint, Packed2<UnsignedShort2<Maximum<uint>>>>(d, a, b),
            ("max", true) => new Binary<uint, Packed2<SignedShort2<Maximum<int>>>>(d, a, b),
            _ => null,
        };
    }

    private static Operation? Sum(InstructionReader reader, OperandType type)
    {
        int d = reader.At(0, type.Bits);
        int a = reader.At(1, type.Bits);
        int b = reader.At(2, type.Bits);
        bool isAdd = reader.Opcode == "add";
        if (reader.Take("sat"))
        {
            return type is not { IsSigned: true, Bits: 32 } ? null : new LaneFunction(
                new Slot(d, 32),
                new Slot(a, 32),
                new Slot(b, 32),
                (x, y) => (ulong)Math.Clamp(isAdd ? (int)x + (long)(int)y : (int)x - (long)(int)y, int.MinValue, int.MaxValue));
        }

        return (isAdd, type.Bits) switch
        {
            (true, 16) => new Binary<uint, UnsignedShort2<Add<uint>>>(d, a, b),
            (true, 32) => new Binary<uint, Add<uint>>(d, a, b),
            (true, _) => new Binary<ulong, Add<ulong>>(d, a, b),
            (false, 16) => new Binary<uint, UnsignedShort2<Subtract<uint>>>(d, a, b),
            (false, 32) => new Binary<uint, Subtract<uint>>(d, a, b),
            (false, _) => new Binary<ulong, Subtract<ulong>>(d, a, b),
        };
    }

    private static Operation? Product(InstructionReader reader, OperandType type)
    {
        string? part = reader.TakeAny("lo", "hi", "wide");
        int d = reader.At(0, part == "wide" ? 2 * type.Bits : type.Bits);
        int a = reader.At(1, type.Bits);
        int b = reader.At(2, type.Bits);
        return (part, type.Bits, type.IsSigned) switch
        {
            ("lo", 16, _) => new Binary<uint, UnsignedShort2<Multiply<uint>>>(d, a, b),
            ("lo", 32, _) => new Binary<uint, Multiply<uint>>(d, a, b),
            ("lo", 64, _) => new Binary<ulong, Multiply<ulong>>(d, a, b),
            ("hi", 32, false) => new Binary<uint, MultiplyHigh>(d, a, b),
            ("hi", 32, true) => new Binary<uint, MultiplyHighSigned>(d, a, b),
            ("hi", _, _) => new LaneFunction(new Slot(d, type.Bits), new Slot(a, type.Bits), new Slot(b, type.Bits), High(type)),
            ("wide", 16, false) => new Binary<uint, UnsignedShortProduct>(d, a, b),
            ("wide", 16, true) => new Binary<uint, ShortProduct>(d, a, b),
            ("wide", 32, false) => new WideProduct<ZeroExtend>(d, a, b, null),
            ("wide", 32, true) => new WideProduct<SignExtend>(d, a, b, null),
            _ => null,
        };
    }

    private static Operation? ProductSum(InstructionReader reader, OperandType type)
    {
        string? part = reader.TakeAny("lo", "hi", "wide");
        int wide = part == "wide" ? 2 * type.Bits : type.Bits;
        int d = reader.At(0, wide);
        int a = reader.At(1, type.Bits);
        int b = reader.At(2, type.Bits);
        int c = reader.At(3, wide);
        if (reader.Take("sat"))
        {
            return (part, type.Bits, type.IsSigned) != ("hi", 32, true) ? null : new LaneFunction(
                new Slot(d, 32),
                new Slot(a, 32),
                new Slot(b, 32),
                new Slot(c, 32),
                static (x, y, z) => (ulong)Math.Clamp((((int)x * (long)(int)y) >> 32) + (int)z, int.MinValue, int.MaxValue));
        }

        return (part, type.Bits, type.IsSigned) switch
        {
            ("lo", 16, _) => new Ternary<uint, UnsignedShort3<MultiplyAdd<uint>>>(d, a, b, c),
            ("lo", 32, _) => new Ternary<uint, MultiplyAdd<uint>>(d, a, b, c),
            ("lo", 64, _) => new Ternary<ulong, MultiplyAdd<ulong>>(d, a, b, c),
            ("hi", 32, false) => new Ternary<uint, ThenAdd<MultiplyHigh>>(d, a, b, c),
            ("hi", 32, true) => new Ternary<uint, ThenAdd<MultiplyHighSigned>>(d, a, b, c),
            ("hi", _, _) => HighSum(new Slot(d, type.Bits), new Slot(a, type.Bits), new Slot(b, type.Bits), new Slot(c, type.Bits), type),
            ("wide", 16, false) => new Ternary<uint, ThenAdd<UnsignedShortProduct>>(d, a, b, c),
            ("wide", 16, true) => new Ternary<uint, ThenAdd<ShortProduct>>(d, a, b, c),
            ("wide", 32, false) => new WideProduct<ZeroExtend>(d, a, b, c),
            ("wide", 32, true) => new WideProduct<SignExtend>(d, a, b, c),
            _ => null,
        };
    }

    private static LaneFunction HighSum(Slot d, Slot a, Slot b, Slot c, OperandType type)
    {
        Func<ulong, ulong, ulong> high = High(type);
        return new LaneFunction(d, a, b, c, (x, y, z) => high(x, y) + z);
    }

    private static Func<ulong, ulong, ulong> High(OperandType type) => (type.Bits, type.IsSigned) switch
    {
        (16, false) => static (x, y) => (x * y) >> 16,
        (16, true) => static (x, y) => (ulong)((short)x * (short)y >> 16),
        (_, false) => static (x, y) => Math.BigMul(x, y, out _),
        (_, true) => static (x, y) => (ulong)Math.BigMul((long)x, (long)y, out _),
    };

    private static LaneFunction? Product24(InstructionReader reader, OperandType type)
    {
        bool isHigh = reader.TakeAny("lo", "hi") == "hi";
        bool isSum = reader.Opcode == "mad24";
        if (type.Bits != 32 || reader.Count != (isSum ? 4 : 3))
        {
            return null;
        }

        bool isSigned = type.IsSigned;
        ulong Product(ulong x, ulong y)
        {
            long product = isSigned ? Extend(x, 24) * Extend(y, 24) : (long)(x & 0xFFFFFF) * (long)(y & 0xFFFFFF);
            return (ulong)(isHigh ? product >> 16 : product);
        }

        return isSum
            ? new LaneFunction(reader.Slot(0, 32), reader.Slot(1, 32), reader.Slot(2, 32), reader.Slot(3, 32), (x, y, z) => Product(x, y) + z)
            : new LaneFunction(reader.Slot(0, 32), reader.Slot(1, 32), reader.Slot(2, 32), Product);
    }

    private static Operation? Extreme(InstructionReader reader, OperandType type)
    {
        int d = reader.At(0, type.Bits);
        int a = reader.At(1, type.Bits);
        int b = reader.At(2, type.Bits);
        return (reader.Opcode == "min", type.Bits, type.IsSigned) switch
        {
            (true, 16, false) => new Binary<uint, UnsignedShort2<Minimum<uint>>>(d, a, b),
            (true, 16, true) => new Binary<uint, SignedShort2<Minimum<int>>>(d, a, b),
            (true, 32, false) => new Binary<uint, Minimum<uint>>(d, a, b),
            (true, 32, true) => new Binary<int, Minimum<int>>(d, a, b),
            (true, _, false) => new Binary<ulong, Minimum<ulong>>(d, a, b),
            (true, _, true) => new Binary<long, Minimum<long>>(d, a, b),
            (false, 16, false) => new Binary<uint, UnsignedShort2<Maximum<uint>>>(d, a, b),
            (false, 16, true) => new Binary<uint, SignedShort2<Maximum<int>>>(d, a, b),
            (false, 32, false) => new Binary<uint, Maximum<uint>>(d, a, b),
            (false, 32, true) => new Binary<int, Maximum<int>>(d, a, b),
            (false, _, false) => new Binary<ulong, Maximum<ulong>>(d, a, b),
            (false, _, true) => new Binary<long, Maximum<long>>(d, a, b),
        };
    }

    private static Operation? Sign(InstructionReader reader, OperandType type)
    {
        int d = reader.At(0, type.Bits);
        int a = reader.At(1, type.Bits);
        return !type.IsSigned ? null : (reader.Opcode, type.Bits) switch
        {
            ("abs", 16) => new Unary<uint, SignedShort<Absolute<int>>>(d, a),
            ("abs", 32) => new Unary<int, Absolute<int>>(d, a),
            ("abs", _) => new Unary<long, Absolute<long>>(d, a),
            (_, 16) => new Unary<uint, SignedShort<Negate<int>>>(d, a),
            (_, 32) => new Unary<int, Negate<int>>(d, a),
            _ => new Unary<long, Negate<long>>(d, a),
        };
    }

    private static Operation Quotient(InstructionReader reader, OperandType type)
    {
        int bits = type.Bits;
        if (bits == 32)
        {
            return Quotient32(reader, type.IsSigned);
        }

        Func<ulong, ulong, ulong> function = (reader.Opcode == "div", type.IsSigned) switch
        {
            (true, false) => static (x, y) => y == 0 ? ulong.MaxValue : x / y,
            (false, false) => static (x, y) => y == 0 ? x : x % y,
            (true, true) => (x, y) => y == 0 ? ulong.MaxValue : SignedQuotient(Extend(x, bits), Extend(y, bits)),
            (false, true) => (x, y) => y == 0 ? x : SignedRemainder(Extend(x, bits), Extend(y, bits)),
        };
        return new LaneFunction(reader.Slot(0, bits), reader.Slot(1, bits), reader.Slot(2, bits), function);
    }

    private static Operation Quotient32(InstructionReader reader, bool isSigned)
    {
        int d = reader.At(0, 32);
        int a = reader.At(1, 32);
        int b = reader.At(2, 32);
        return (reader.Opcode == "div", isSigned) switch
        {
            (true, false) => new Binary<uint, UnsignedQuotient>(d, a, b),
            (true, true) => new Binary<uint, SignedQuotient>(d, a, b),
            (false, false) => new Binary<uint, UnsignedRemainder>(d, a, b),
            (false, true) => new Binary<uint, SignedRemainder>(d, a, b),
        };
    }

    private static ulong SignedQuotient(long x, long y) => (ulong)(y == -1 ? unchecked(-x) : x / y);

    private static ulong SignedRemainder(long x, long y) => (ulong)(y == -1 ? 0 : x % y);

    private static LaneFunction Difference(InstructionReader reader, OperandType type)
    {
        int bits = type.Bits;
        return new LaneFunction(
            reader.Slot(0, bits),
            reader.Slot(1, bits),
            reader.Slot(2, bits),
            reader.Slot(3, bits),
            type.IsSigned
                ? (x, y, z) => z + (Extend(x, bits) < Extend(y, bits) ? y - x : x - y)
                : static (x, y, z) => z + (x < y ? y - x : x - y));
    }
}
