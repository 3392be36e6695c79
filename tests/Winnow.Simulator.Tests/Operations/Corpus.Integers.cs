using System;
using System.Collections.Generic;
using System.Numerics;
using static Winnow.Simulator.Tests.Operations.ValueKind;

namespace Winnow.Simulator.Tests.Operations;

/// <content>Integer arithmetic, by the operators of C# and by big integers.</content>
internal static partial class Corpus
{
    private static IEnumerable<CorpusRow> Integers =>
    [
        Row("add.u32 %d, %a, %b;", I32, I32, I32, (a, b) => (uint)a + (uint)b),
        Row("add.s32 %d, %a, -7;", I32, I32, a => (uint)((int)a - 7)),
        Row("add.s64 %d, %a, %b;", I64, I64, I64, (a, b) => a + b),
        Row("add.u16 %d, %a, %b;", I16, I16, I16, (a, b) => (ushort)(a + b)),
        Row("add.sat.s32 %d, %a, %b;", I32, I32, I32, (a, b) => (uint)(int)BigInteger.Min(int.MaxValue, BigInteger.Max(int.MinValue, (BigInteger)(int)a + (int)b))),
        Row("sub.sat.s32 %d, %a, %b;", I32, I32, I32, (a, b) => (uint)(int)BigInteger.Min(int.MaxValue, BigInteger.Max(int.MinValue, (BigInteger)(int)a - (int)b))),
        Row("sub.s32 %d, %a, %b;", I32, I32, I32, (a, b) => (uint)a - (uint)b),
        Row("sub.u64 %d, %a, %b;", I64, I64, I64, (a, b) => a - b),
        Row("sub.s16 %d, %a, %b;", I16, I16, I16, (a, b) => (ushort)(a - b)),
        Row("neg.s32 %d, %a;", I32, I32, a => (uint)-(int)a),
        Row("neg.s64 %d, %a;", I64, I64, a => (ulong)-(long)a),
        Row("neg.s16 %d, %a;", I16, I16, a => (ushort)-(short)a),
        Row("abs.s32 %d, %a;", I32, I32, a => (int)a < 0 ? (uint)-(int)a : a),
        Row("abs.s64 %d, %a;", I64, I64, a => (long)a < 0 ? (ulong)-(long)a : a),
        Row("abs.s16 %d, %a;", I16, I16, a => (short)a < 0 ? (ushort)-(short)a : a),
        Row("min.s32 %d, %a, %b;", I32, I32, I32, (a, b) => (int)a < (int)b ? a : b),
        Row("min.u32 %d, %a, %b;", I32, I32, I32, (a, b) => a < b ? a : b),
        Row("min.s64 %d, %a, %b;", I64, I64, I64, (a, b) => (long)a < (long)b ? a : b),
        Row("min.u64 %d, %a, %b;", I64, I64, I64, (a, b) => a < b ? a : b),
        Row("min.s16 %d, %a, %b;", I16, I16, I16, (a, b) => (short)a < (short)b ? a : b),
        Row("min.u16 %d, %a, %b;", I16, I16, I16, (a, b) => a < b ? a : b),
        Row("max.s32 %d, %a, %b;", I32, I32, I32, (a, b) => (int)a > (int)b ? a : b),
        Row("max.u32 %d, %a, %b;", I32, I32, I32, (a, b) => a > b ? a : b),
        Row("max.s64 %d, %a, %b;", I64, I64, I64, (a, b) => (long)a > (long)b ? a : b),
        Row("max.u64 %d, %a, %b;", I64, I64, I64, (a, b) => a > b ? a : b),
        Row("max.s16 %d, %a, %b;", I16, I16, I16, (a, b) => (short)a > (short)b ? a : b),
        Row("max.u16 %d, %a, %b;", I16, I16, I16, (a, b) => a > b ? a : b),
        Row("div.u32 %d, %a, %b;", I32, I32, I32, (a, b) => b == 0 ? uint.MaxValue : (uint)a / (uint)b),
        Row("div.s32 %d, %a, %b;", I32, I32, I32, (a, b) => b == 0 ? uint.MaxValue : (ulong)(BigInteger.Divide((int)a, (int)b) & uint.MaxValue)),
        Row("div.u64 %d, %a, %b;", I64, I64, I64, (a, b) => b == 0 ? ulong.MaxValue : a / b),
        Row("div.s64 %d, %a, %b;", I64, I64, I64, (a, b) => b == 0 ? ulong.MaxValue : (ulong)(BigInteger.Divide((long)a, (long)b) & ulong.MaxValue)),
        Row("div.s16 %d, %a, %b;", I16, I16, I16, (a, b) => b == 0 ? ushort.MaxValue : (ushort)((short)a / (short)b)),
        Row("rem.u32 %d, %a, %b;", I32, I32, I32, (a, b) => b == 0 ? a : (uint)a % (uint)b),
        Row("rem.s32 %d, %a, %b;", I32, I32, I32, (a, b) => b == 0 ? a : (ulong)(BigInteger.Remainder((int)a, (int)b) & uint.MaxValue)),
        Row("rem.u64 %d, %a, %b;", I64, I64, I64, (a, b) => b == 0 ? a : a % b),
        Row("rem.s64 %d, %a, %b;", I64, I64, I64, (a, b) => b == 0 ? a : (ulong)(BigInteger.Remainder((long)a, (long)b) & ulong.MaxValue)),
        Row("sad.u32 %d, %a, %b, %c;", I32, [I32, I32, I32], (a, b, c) => (uint)(c + (a > b ? a - b : b - a))),
        Row("sad.s32 %d, %a, %b, %c;", I32, [I32, I32, I32], (a, b, c) => (uint)(int)c + (uint)Math.Abs((int)a - (long)(int)b)),
    ];

    private static IEnumerable<CorpusRow> IntegerProducts =>
    [
        Row("mul.lo.s32 %d, %a, %b;", I32, I32, I32, (a, b) => (uint)a * (uint)b),
        Row("mul.lo.u64 %d, %a, %b;", I64, I64, I64, (a, b) => a * b),
        Row("mul.lo.u16 %d, %a, %b;", I16, I16, I16, (a, b) => (ushort)(a * b)),
        Row("mul.hi.u32 %d, %a, %b;", I32, I32, I32, (a, b) => a * b >> 32),
        Row("mul.hi.s32 %d, %a, %b;", I32, I32, I32, (a, b) => (uint)((int)a * (long)(int)b >> 32)),
        Row("mul.hi.u64 %d, %a, %b;", I64, I64, I64, (a, b) => (ulong)((BigInteger)a * b >> 64)),
        Row("mul.hi.s64 %d, %a, %b;", I64, I64, I64, (a, b) => (ulong)(((BigInteger)(long)a * (long)b >> 64) & ulong.MaxValue)),
        Row("mul.hi.u16 %d, %a, %b;", I16, I16, I16, (a, b) => a * b >> 16),
        Row("mul.hi.s16 %d, %a, %b;", I16, I16, I16, (a, b) => (ushort)((short)a * (short)b >> 16)),
        Row("mul.wide.u32 %d, %a, %b;", I64, I32, I32, (a, b) => a * b),
        Row("mul.wide.s32 %d, %a, %b;", I64, I32, I32, (a, b) => (ulong)((int)a * (long)(int)b)),
        Row("mul.wide.s32 %d, %a, 4;", I64, I32, a => (ulong)((int)a * 4L)),
        Row("mul.wide.u16 %d, %a, %b;", I32, I16, I16, (a, b) => a * b),
        Row("mul.wide.s16 %d, %a, %b;", I32, I16, I16, (a, b) => (uint)((short)a * (short)b)),
        Row("mad.lo.s32 %d, %a, %b, %c;", I32, [I32, I32, I32], (a, b, c) => (uint)(a * b + c)),
        Row("mad.lo.u64 %d, %a, %b, %c;", I64, [I64, I64, I64], (a, b, c) => a * b + c),
        Row("mad.lo.s16 %d, %a, %b, %c;", I16, [I16, I16, I16], (a, b, c) => (ushort)(a * b + c)),
        Row("mad.hi.u32 %d, %a, %b, %c;", I32, [I32, I32, I32], (a, b, c) => (uint)((a * b >> 32) + c)),
        Row("mad.hi.s32 %d, %a, %b, %c;", I32, [I32, I32, I32], (a, b, c) => (uint)((int)a * (long)(int)b >> 32) + (uint)c),
        Row("mad.hi.sat.s32 %d, %a, %b, %c;", I32, [I32, I32, I32], (a, b, c) => (uint)(int)Math.Min(int.MaxValue, Math.Max(int.MinValue, ((int)a * (long)(int)b >> 32) + (int)c))),
        Row("mad.hi.u64 %d, %a, %b, %c;", I64, [I64, I64, I64], (a, b, c) => (ulong)((BigInteger)a * b >> 64) + c),
        Row("mad.wide.u32 %d, %a, %b, %c;", I64, [I32, I32, I64], (a, b, c) => a * b + c),
        Row("mad.wide.s32 %d, %a, %b, %c;", I64, [I32, I32, I64], (a, b, c) => (ulong)((int)a * (long)(int)b) + c),
        Row("mad.wide.s16 %d, %a, %b, %c;", I32, [I16, I16, I32], (a, b, c) => (uint)((short)a * (short)b) + (uint)c),
        Row("mul24.lo.u32 %d, %a, %b;", I32, I32, I32, (a, b) => (uint)((a & 0xFFFFFF) * (b & 0xFFFFFF))),
        Row("mul24.hi.s32 %d, %a, %b;", I32, I32, I32, (a, b) => (uint)(((int)a << 8 >> 8) * (long)((int)b << 8 >> 8) >> 16)),
        Row("mad24.lo.s32 %d, %a, %b, %c;", I32, [I32, I32, I32], (a, b, c) => (uint)(((int)a << 8 >> 8) * (long)((int)b << 8 >> 8)) + (uint)c),
        Row("dp4a.s32.s32 %d, %a, %b, %c;", I32, [I32, I32, I32], (a, b, c) => Dot(c, 8, i => (sbyte)(a >> 8 * i), i => (sbyte)(b >> 8 * i))),
        Row("dp4a.u32.s32 %d, %a, %b, %c;", I32, [I32, I32, I32], (a, b, c) => Dot(c, 8, i => (byte)(a >> 8 * i), i => (sbyte)(b >> 8 * i))),
        Row("dp2a.lo.s32.u32 %d, %a, %b, %c;", I32, [I32, I32, I32], (a, b, c) => Dot(c, 16, i => (short)(a >> 16 * i), i => (byte)(b >> 8 * i))),
        Row("dp2a.hi.u32.s32 %d, %a, %b, %c;", I32, [I32, I32, I32], (a, b, c) => Dot(c, 16, i => (ushort)(a >> 16 * i), i => (sbyte)(b >> 16 + 8 * i))),
        Row("add.cc.u32 %r0, %a, %b; addc.u32 %d, %c, 0;", I32, [I32, I32, I32], (a, b, c) => (uint)(c + (a + b >> 32))),
        Row("sub.cc.u32 %r0, %a, %b; subc.u32 %d, %c, 0;", I32, [I32, I32, I32], (a, b, c) => (uint)(c - (a < b ? 1u : 0))),
        Row("mad.lo.cc.u32 %r0, %a, %b, %c; madc.hi.u32 %d, %a, %b, %c;", I32, [I32, I32, I32], (a, b, c) => (uint)((a * b >> 32) + c + ((uint)(a * b) + c >> 32))),
        Row("add.cc.u64 %w0, %a, %b; addc.u64 %d, %c, 5;", I64, [I64, I64, I64], (a, b, c) => c + 5 + (ulong)((BigInteger)a + b >> 64)),
    ];

    private static ulong Dot(ulong c, int bits, Func<int, long> x, Func<int, long> y)
    {
        long sum = (long)c;
        for (int i = 0; i < 32 / bits; i++)
        {
            sum += x(i) * y(i);
        }

        return (uint)sum;
    }

    private static IEnumerable<CorpusRow> Logic =>
    [
        Row("and.b32 %d, %a, %b;", I32, I32, I32, (a, b) => a & b),
        Row("and.b16 %d, %a, 255;", I16, I16, a => a & 255),
        Row("and.b64 %d, %a, %b;", I64, I64, I64, (a, b) => a & b),
        Row("or.b32 %d, %a, %b;", I32, I32, I32, (a, b) => a | b),
        Row("or.b64 %d, %a, %b;", I64, I64, I64, (a, b) => a | b),
        Row("xor.b32 %d, %a, -1;", I32, I32, a => (uint)~a),
        Row("xor.b64 %d, %a, %b;", I64, I64, I64, (a, b) => a ^ b),
        Row("not.b32 %d, %a;", I32, I32, a => (uint)~a),
        Row("not.b64 %d, %a;", I64, I64, a => ~a),
        Row("not.b16 %d, %a;", I16, I16, a => (ushort)~a),
        Row("cnot.b32 %d, %a;", I32, I32, a => a == 0 ? 1u : 0),
        Row("cnot.b64 %d, %a;", I64, I64, a => a == 0 ? 1u : 0),
        Row("shl.b32 %d, %a, %b;", I32, I32, Count, (a, b) => b > 31 ? 0 : (uint)(a << (int)b)),
        Row("shl.b32 %d, %a, 5;", I32, I32, a => (uint)(a << 5)),
        Row("shl.b64 %d, %a, %b;", I64, I64, Count, (a, b) => b > 63 ? 0 : a << (int)b),
        Row("shl.b16 %d, %a, %b;", I16, I16, Count, (a, b) => b > 15 ? 0u : (ushort)(a << (int)b)),
        Row("shr.u32 %d, %a, %b;", I32, I32, Count, (a, b) => b > 31 ? 0 : a >> (int)b),
        Row("shr.s32 %d, %a, %b;", I32, I32, Count, (a, b) => (uint)((int)a >> (int)Math.Min(b, 31))),
        Row("shr.b32 %d, %a, %b;", I32, I32, I32, (a, b) => b > 31 ? 0 : a >> (int)b),
        Row("shr.u64 %d, %a, %b;", I64, I64, Count, (a, b) => b > 63 ? 0 : a >> (int)b),
        Row("shr.s64 %d, %a, %b;", I64, I64, Count, (a, b) => (ulong)((long)a >> (int)Math.Min(b, 63))),
        Row("shr.u16 %d, %a, %b;", I16, I16, Count, (a, b) => b > 15 ? 0 : a >> (int)b),
        Row("shr.s16 %d, %a, %b;", I16, I16, Count, (a, b) => (ushort)((short)a >> (int)Math.Min(b, 15))),
        Row("shf.l.wrap.b32 %d, %a, %b, %c;", I32, [I32, I32, Count], (a, b, c) => (uint)((b << 32 | a) << (int)(c & 31) >> 32)),
        Row("shf.r.wrap.b32 %d, %a, %b, %c;", I32, [I32, I32, Count], (a, b, c) => (uint)((b << 32 | a) >> (int)(c & 31))),
        Row("shf.l.clamp.b32 %d, %a, %b, %c;", I32, [I32, I32, Count], (a, b, c) => c >= 32 ? a : (uint)((b << 32 | a) << (int)c >> 32)),
        Row("shf.r.clamp.b32 %d, %a, %b, %c;", I32, [I32, I32, Count], (a, b, c) => (uint)((b << 32 | a) >> (int)Math.Min(c, 32))),
        Row("lop3.b32 %d, %a, %b, %c, 0xE8;", I32, [I32, I32, I32], (a, b, c) => (a & b) | (a & c) | (b & c)),
        Row("lop3.b32 %d, %a, %b, %c, 0x96;", I32, [I32, I32, I32], (a, b, c) => a ^ b ^ c),
        Row("lop3.b32 %d, %a, %b, %c, 0xEA;", I32, [I32, I32, I32], (a, b, c) => (a & b) | c),
        Row("lop3.b32 %d, %a, %b, %c, 0x1D;", I32, [I32, I32, I32], (a, b, c) => Lut(0x1D, a, b, c)),
    ];

    private static ulong Lut(int table, ulong a, ulong b, ulong c)
    {
        ulong result = 0;
        for (int i = 0; i < 32; i++)
        {
            int index = (int)(((a >> i & 1) << 2) | ((b >> i & 1) << 1) | (c >> i & 1));
            result |= (ulong)(table >> index & 1) << i;
        }

        return result;
    }
}
