using System;
using System.Numerics;
using Winnow.Simulator.Execution;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Operations;

/// <summary>Bit fields, counts, byte permutations and small dot products.</summary>
internal static class BitDecoder
{
    public static Operation? Decode(InstructionReader reader)
    {
        if (reader.Opcode is "dp4a" or "dp2a")
        {
            return DotDecoder.Decode(reader);
        }

        if (reader.TakeType() is not OperandType type || type.Bits is not (32 or 64) || type.IsFloat)
        {
            return null;
        }

        int bits = type.Bits;
        return (reader.Opcode, reader.Count) switch
        {
            ("prmt", 4) when bits == 32 => Permute(reader),
            ("bfe", 4) => Extract(reader, type),
            ("bfi", 5) when bits == 32 =>
                new FieldInsertion(reader.At(0, 32), reader.At(1, 32), reader.At(2, 32), reader.At(3, 32), reader.At(4, 32)),
            ("bfi", 5) => Insert(reader),
            ("bfind", 2) => new LaneFunction(reader.Slot(0, 32), reader.Slot(1, bits), Find(type, reader.Take("shiftamt"))),
            ("brev", 2) when bits == 32 => new Unary<uint, ReverseBits>(reader.At(0, 32), reader.At(1, 32)),
            ("popc", 2) when bits == 32 => new Unary<uint, PopulationCount>(reader.At(0, 32), reader.At(1, 32)),
            ("clz", 2) when bits == 32 => new Unary<uint, LeadingZeros>(reader.At(0, 32), reader.At(1, 32)),
            ("brev", 2) => new LaneFunction(reader.Slot(0, bits), reader.Slot(1, bits), Reverse),
            ("popc", 2) => new LaneFunction(reader.Slot(0, 32), reader.Slot(1, bits), static x => (ulong)BitOperations.PopCount(x)),
            ("clz", 2) => new LaneFunction(reader.Slot(0, 32), reader.Slot(1, bits), static x => (ulong)BitOperations.LeadingZeroCount(x)),
            ("fns", 4) when bits == 32 => new LaneFunction(reader.Slot(0, 32), reader.Slot(1, 32), reader.Slot(2, 32), reader.Slot(3, 32), FindNth),
            ("bmsk", 3) when bits == 32 => Mask(reader),
            ("szext", 3) when bits == 32 => Extend(reader, type.IsSigned),
            _ => null,
        };
    }

    private static Operation Extract(InstructionReader reader, OperandType type)
    {
        int bits = type.Bits;
        bool isSigned = type.IsSigned;
        if (bits == 32)
        {
            int d = reader.At(0, 32);
            int a = reader.At(1, 32);
            int b = reader.At(2, 32);
            int c = reader.At(3, 32);
            return isSigned ? new Ternary<uint, ExtractSignedField>(d, a, b, c) : new Ternary<uint, ExtractField>(d, a, b, c);
        }

        return new LaneFunction(
            reader.Slot(0, bits),
            reader.Slot(1, bits),
            reader.Slot(2, 32),
            reader.Slot(3, 32),
            (x, position, length) => Field(x, (int)(position & 0xFF), (int)(length & 0xFF), isSigned));
    }

    private static ulong Field(ulong value, int position, int length, bool isSigned)
    {
        if (length == 0)
        {
            return 0;
        }

        int last = Math.Min(position + length - 1, 63);
        bool sign = isSigned && ((value >> last) & 1) != 0;
        int kept = Math.Max(last - position + 1, 0);
        ulong field = kept == 0 ? 0 : (value >> position) & (ulong.MaxValue >> (64 - kept));
        return sign && kept < 64 ? field | (ulong.MaxValue << kept) : field;
    }

    private static LaneFunction4 Insert(InstructionReader reader) =>
        new(reader.Slot(0, 64), reader.Slot(1, 64), reader.Slot(2, 64), reader.Slot(3, 32), reader.Slot(4, 32), static (a, b, position, length) =>
        {
            int start = (int)(position & 0xFF);
            int size = (int)(length & 0xFF);
            if (start > 63)
            {
                return b;
            }

            ulong mask = (size > 63 ? ulong.MaxValue : (1ul << size) - 1) << start;
            return (b & ~mask) | ((a << start) & mask);
        });

    private static Func<ulong, ulong> Find(OperandType type, bool isShift)
    {
        int bits = type.Bits;
        bool isSigned = type.IsSigned;
        return value =>
        {
            ulong ones = ulong.MaxValue >> (64 - bits);
            ulong sought = isSigned && (value >> (bits - 1)) != 0 ? ~value & ones : value;
            return sought == 0 ? 0xFFFFFFFF : (ulong)(isShift ? bits - 1 - BitOperations.Log2(sought) : BitOperations.Log2(sought));
        };
    }

    private static ulong Reverse(ulong x)
    {
        x = ((x >> 1) & 0x5555555555555555) | ((x & 0x5555555555555555) << 1);
        x = ((x >> 2) & 0x3333333333333333) | ((x & 0x3333333333333333) << 2);
        x = ((x >> 4) & 0x0F0F0F0F0F0F0F0F) | ((x & 0x0F0F0F0F0F0F0F0F) << 4);
        return System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(x);
    }

    private static ulong FindNth(ulong mask, ulong start, ulong offset)
    {
        int left = (int)offset;
        int at = (int)start & 31;
        if (left == 0)
        {
            return ((mask >> at) & 1) != 0 ? (ulong)at : 0xFFFFFFFF;
        }

        int step = Math.Sign(left);
        left = Math.Abs(left);
        for (; at is >= 0 and < 32; at += step)
        {
            if (((mask >> at) & 1) != 0 && --left == 0)
            {
                return (ulong)at;
            }
        }

        return 0xFFFFFFFF;
    }

    private static LaneFunction? Mask(InstructionReader reader)
    {
        string? mode = reader.TakeAny("clamp", "wrap");
        return mode is null ? null : new LaneFunction(reader.Slot(0, 32), reader.Slot(1, 32), reader.Slot(2, 32), (start, count) =>
        {
            int at = mode == "wrap" ? (int)(start & 31) : (int)Math.Min(start, 32);
            int size = mode == "wrap" ? (int)(count & 31) : (int)Math.Min(count, 32);
            return (uint)(((1ul << size) - 1) << at);
        });
    }

    private static LaneFunction? Extend(InstructionReader reader, bool isSigned)
    {
        string? mode = reader.TakeAny("clamp", "wrap");
        return mode is null ? null : new LaneFunction(reader.Slot(0, 32), reader.Slot(1, 32), reader.Slot(2, 32), (value, count) =>
        {
            int size = mode == "wrap" ? (int)(count & 31) : (int)Math.Min(count, 32);
            ulong field = value & ((1ul << size) - 1);
            return isSigned && size > 0 && (value >> (size - 1) & 1) != 0 ? field | (ulong.MaxValue << size) : field;
        });
    }

    private static Operation? Permute(InstructionReader reader)
    {
        string? mode = reader.TakeAny("f4e", "b4e", "rc8", "ecl", "ecr", "rc16");
        if (mode is null && reader[3].Kind == PtxOperandKind.Immediate)
        {
            return new BytePermutation(reader.At(0, 32), reader.At(1, 32), reader.At(2, 32), (uint)reader[3].Bits);
        }

        if (mode is null)
        {
            return new Ternary<uint, PermuteBytes>(reader.At(0, 32), reader.At(1, 32), reader.At(2, 32), reader.At(3, 32));
        }

        return new LaneFunction(
            reader.Slot(0, 32),
            reader.Slot(1, 32),
            reader.Slot(2, 32),
            reader.Slot(3, 32),
            (a, b, c) => BytePermutation.Apply(a | (b << 32), Selector(mode, (int)c & 3)));
    }

    private static uint Selector(string mode, int c) => mode switch
    {
        "f4e" => c switch { 0 => 0x3210u, 1 => 0x4321, 2 => 0x5432, _ => 0x6543 },
        "b4e" => c switch { 0 => 0x5670u, 1 => 0x6701, 2 => 0x7012, _ => 0x0123 },
        "rc8" => (uint)c * 0x1111,
        "ecl" => c switch { 0 => 0x3210u, 1 => 0x3211, 2 => 0x3222, _ => 0x3333 },
        "ecr" => c switch { 0 => 0x0000u, 1 => 0x1110, 2 => 0x2210, _ => 0x3210 },
        _ => (c & 1) == 0 ? 0x1010u : 0x3232,
    };
}
