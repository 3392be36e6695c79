using System;
using System.Collections.Generic;
using System.Linq;
using static Winnow.Simulator.Tests.Operations.ValueKind;

namespace Winnow.Simulator.Tests.Operations;

/// <content>Bit fields and bytes, bit by bit and byte by byte.</content>
internal static partial class Corpus
{
    private static IEnumerable<CorpusRow> Fields =>
    [
        Row("popc.b32 %d, %a;", I32, I32, a => (ulong)Digits(a, 32).Count(bit => bit)),
        Row("popc.b64 %d, %a;", I32, I64, a => (ulong)Digits(a, 64).Count(bit => bit)),
        Row("clz.b32 %d, %a;", I32, I32, a => (ulong)Digits(a, 32).Reverse().TakeWhile(bit => !bit).Count()),
        Row("clz.b64 %d, %a;", I32, I64, a => (ulong)Digits(a, 64).Reverse().TakeWhile(bit => !bit).Count()),
        Row("brev.b32 %d, %a;", I32, I32, a => Number(Digits(a, 32).Reverse())),
        Row("brev.b64 %d, %a;", I64, I64, a => Number(Digits(a, 64).Reverse())),
        Row("bfind.u32 %d, %a;", I32, I32, a => (uint)Array.LastIndexOf([.. Digits(a, 32)], true)),
        Row("bfind.s32 %d, %a;", I32, I32, a => (uint)Array.LastIndexOf([.. Digits(a, 32)], (int)a >= 0)),
        Row("bfind.u64 %d, %a;", I32, I64, a => (uint)Array.LastIndexOf([.. Digits(a, 64)], true)),
        Row("bfind.shiftamt.u32 %d, %a;", I32, I32, a => a == 0 ? uint.MaxValue : (uint)(31 - Array.LastIndexOf([.. Digits(a, 32)], true))),
        Row("bfe.u32 %d, %a, %b, %c;", I32, [I32, Count, Count], (a, b, c) => Extract(a, (int)b, (int)c, 32, false)),
        Row("bfe.s32 %d, %a, %b, %c;", I32, [I32, Count, Count], (a, b, c) => Extract(a, (int)b, (int)c, 32, true)),
        Row("bfe.u64 %d, %a, %b, %c;", I64, [I64, Count, Count], (a, b, c) => Extract(a, (int)b, (int)c, 64, false)),
        Row("bfe.s64 %d, %a, %b, %c;", I64, [I64, Count, Count], (a, b, c) => Extract(a, (int)b, (int)c, 64, true)),
        Row("bfe.u32 %d, %a, 8, 4;", I32, I32, a => a >> 8 & 15),
        Row("bfi.b32 %d, %a, %b, %c, 7;", I32, [I32, I32, Count], (a, b, c) => Insert(a, b, (int)c, 7, 32)),
        Row("bfi.b32 %d, %a, %b, 5, %c;", I32, [I32, I32, Count], (a, b, c) => Insert(a, b, 5, (int)c, 32)),
        Row("bfi.b64 %d, %a, %b, %c, 40;", I64, [I64, I64, Count], (a, b, c) => Insert(a, b, (int)c, 40, 64)),
        Row("bmsk.clamp.b32 %d, %a, %b;", I32, Count, Count, (a, b) => Insert(ulong.MaxValue, 0, (int)a, (int)b, 32)),
        Row("bmsk.wrap.b32 %d, %a, %b;", I32, Count, Count, (a, b) => Insert(ulong.MaxValue, 0, (int)a & 31, (int)b & 31, 32)),
        Row("szext.clamp.s32 %d, %a, %b;", I32, I32, Count, (a, b) => b == 0 ? 0 : Extract(a, 0, (int)b, 32, true)),
        Row("szext.wrap.u32 %d, %a, %b;", I32, I32, Count, (a, b) => (b & 31) == 0 ? 0 : Extract(a, 0, (int)b & 31, 32, false)),
        Row("prmt.b32 %d, %a, %b, 0x5410;", I32, I32, I32, (a, b) => (a & 0xFFFF) | (b & 0xFFFF) << 16),
        Row("prmt.b32 %d, %a, %b, 0x7632;", I32, I32, I32, (a, b) => a >> 16 | (b >> 16 << 16)),
        Row("prmt.b32 %d, %a, %b, 0x9F42;", I32, I32, I32, (a, b) => Choose(a, b, 2, 4, 15, 9)),
        Row("prmt.b32 %d, %a, %b, %c;", I32, [I32, I32, I32], (a, b, c) => Choose(a, b, (int)c & 15, (int)(c >> 4) & 15, (int)(c >> 8) & 15, (int)(c >> 12) & 15)),
        Row("prmt.b32.f4e %d, %a, %b, %c;", I32, [I32, I32, Count], (a, b, c) => Window(a, b, (int)c & 3)),
        Row("prmt.b32.b4e %d, %a, %b, %c;", I32, [I32, I32, Count], (a, b, c) => Choose(a, b, (int)c & 3, ((int)c & 3) + 7 & 7, ((int)c & 3) + 6 & 7, ((int)c & 3) + 5 & 7)),
        Row("prmt.b32.rc8 %d, %a, %b, %c;", I32, [I32, I32, Count], (a, b, c) => (a >> 8 * ((int)c & 3) & 255) * 0x01010101),
        Row("prmt.b32.ecl %d, %a, %b, %c;", I32, [I32, I32, Count], (a, b, c) => Edge(a, i => Math.Max(i, (int)c & 3))),
        Row("prmt.b32.ecr %d, %a, %b, %c;", I32, [I32, I32, Count], (a, b, c) => Edge(a, i => Math.Min(i, (int)c & 3))),
        Row("prmt.b32.rc16 %d, %a, %b, %c;", I32, [I32, I32, Count], (a, b, c) => (a >> 16 * ((int)c & 1) & 0xFFFF) * 0x00010001),
        Row("fns.b32 %d, %a, 0, 2;", I32, I32, a => NthBit(a, 2)),
        Row("mov.b32 %r0, 31; fns.b32 %d, %a, %r0, -1;", I32, I32, a => (uint)Array.LastIndexOf([.. Digits(a, 32)], true)),
    ];

    private static IEnumerable<bool> Digits(ulong value, int bits) => Enumerable.Range(0, bits).Select(i => (value >> i & 1) != 0);

    private static ulong Number(IEnumerable<bool> digits) => digits.Select((bit, i) => bit ? 1ul << i : 0).Aggregate((x, y) => x | y);

    // Bit by bit as the ISA words it: beyond the last bit of the value or of the field there is the sign.
    private static ulong Extract(ulong value, int position, int length, int bits, bool isSigned)
    {
        bool[] digits = [.. Digits(value, bits)];
        bool sign = isSigned && length > 0 && digits[Math.Min(position + length - 1, bits - 1)];
        return Number(Enumerable.Range(0, bits).Select(i => i < length && position + i < bits ? digits[position + i] : sign));
    }

    private static ulong Insert(ulong value, ulong into, int position, int length, int bits)
    {
        bool[] digits = [.. Digits(into, bits)];
        for (int i = 0; i < length && position + i < bits; i++)
        {
            digits[position + i] = (value >> i & 1) != 0;
        }

        return Number(digits);
    }

    private static byte[] Bytes(ulong a, ulong b) => [.. BitConverter.GetBytes((uint)a), .. BitConverter.GetBytes((uint)b)];

    private static ulong Choose(ulong a, ulong b, params int[] selectors) => BitConverter.ToUInt32(
        [.. selectors.Select(selector => selector < 8 ? Bytes(a, b)[selector] : Bytes(a, b)[selector & 7] > 127 ? (byte)255 : (byte)0)]);

    private static ulong Window(ulong a, ulong b, int first) => BitConverter.ToUInt32(Bytes(a, b), first);

    private static ulong Edge(ulong a, Func<int, int> from) => BitConverter.ToUInt32([.. Enumerable.Range(0, 4).Select(i => Bytes(a, 0)[from(i)])]);

    private static ulong NthBit(ulong value, int n)
    {
        int[] set = [.. Enumerable.Range(0, 32).Where(i => (value >> i & 1) != 0)];
        return set.Length < n ? uint.MaxValue : (uint)set[n - 1];
    }
}
