using System;
using System.Collections.Generic;
using static Winnow.Simulator.Tests.Operations.Bits;
using static Winnow.Simulator.Tests.Operations.ValueKind;

namespace Winnow.Simulator.Tests.Operations;

/// <content>Several integers in a register, and comparisons of halves that give values.</content>
internal static partial class Corpus
{
    private static IEnumerable<CorpusRow> Video =>
    [
        Row("vabsdiff4.u32.u32.u32 %d, %a, %b, %c;", I32, [I32, I32, I32], (a, b, _) => Bytewise(a, b, false, (x, y) => Math.Abs(x - y))),
        Row("vabsdiff4.u32.u32.u32.add %d, %a, %b, %c;", I32, [I32, I32, I32], (a, b, c) => Total(a, b, c, false, (x, y) => Math.Abs(x - y))),
        Row("vabsdiff4.s32.s32.s32.sat %d, %a, %b, %c;", I32, [I32, I32, I32], (a, b, _) => Bytewise(a, b, true, (x, y) => Math.Min(127, Math.Abs(x - y)))),
        Row("vadd4.s32.s32.s32.sat %d, %a, %b, %c;", I32, [I32, I32, I32], (a, b, _) => Bytewise(a, b, true, (x, y) => Math.Clamp(x + y, -128, 127))),
        Row("vsub4.u32.u32.u32 %d, %a, %b, %c;", I32, [I32, I32, I32], (a, b, _) => Bytewise(a, b, false, (x, y) => x - y)),
        Row("vavrg4.u32.u32.u32 %d, %a, %b, %c;", I32, [I32, I32, I32], (a, b, _) => Bytewise(a, b, false, (x, y) => (x + y + 1) / 2)),
        Row("vmin4.s32.s32.s32 %d, %a, %b, %c;", I32, [I32, I32, I32], (a, b, _) => Bytewise(a, b, true, Math.Min)),
        Row("vset4.u32.u32.gt %d, %a, %b, %c;", I32, [I32, I32, I32], (a, b, _) => Bytewise(a, b, false, (x, y) => x > y ? 1 : 0)),
        Row("vmax2.s32.s32.s32 %d, %a, %b, %c;", I32, [I32, I32, I32], (a, b, _) => Pair((x, y, _) => (ushort)Math.Max((short)x, (short)y), a, b, 0)),
        Row("add.u16x2 %d, %a, %b;", I32, I32, I32, (a, b) => Pair((x, y, _) => (ushort)(x + y), a, b, 0)),
        Row("min.s16x2 %d, %a, %b;", I32, I32, I32, (a, b) => Pair((x, y, _) => (ushort)Math.Min((short)x, (short)y), a, b, 0)),
        Row("max.u16x2 %d, %a, %b;", I32, I32, I32, (a, b) => Pair((x, y, _) => Math.Max(x, y), a, b, 0)),
        Row("max.s16x2 %d, %a, %b;", I32, I32, I32, (a, b) => Pair((x, y, _) => (ushort)Math.Max((short)x, (short)y), a, b, 0)),
        Row("min.u16x2 %d, %a, %b;", I32, I32, I32, (a, b) => Pair((x, y, _) => Math.Min(x, y), a, b, 0)),
        Row("set.lt.f16.f16 %d, %a, %b;", F16, F16, F16, (a, b) => H(a) < H(b) ? 0x3C00u : 0),
        Row("set.geu.u16.f16 %d, %a, %b;", I16, F16, F16, (a, b) => H(a) < H(b) ? 0 : 0xFFFFu),
        Row("set.gt.bf16.bf16 %d, %a, %b;", B16, B16, B16, (a, b) => B(a) > B(b) ? 0x3F80u : 0),
        Row("set.le.u32.f16 %d, %a, %b;", I32, F16, F16, (a, b) => H(a) <= H(b) ? uint.MaxValue : 0),
        Row("set.gtu.f16x2.f16x2 %d, %a, %b;", I32, F16x2, F16x2, (a, b) => Pair((x, y, _) => H(x) <= H(y) ? 0 : 0x3C00u, a, b, 0)),
        Row("set.eq.u32.f16x2 %d, %a, %b;", I32, F16x2, F16x2, (a, b) => Pair((x, y, _) => H(x) == H(y) ? 0xFFFFu : 0, a, b, 0)),
        Row("set.num.bf16x2.bf16x2 %d, %a, %b;", I32, B16x2, B16x2, (a, b) => Pair((x, y, _) => float.IsNaN(B(x)) || float.IsNaN(B(y)) ? 0 : 0x3F80u, a, b, 0)),
    ];

    private static ulong Bytewise(ulong a, ulong b, bool isSigned, Func<int, int, int> function)
    {
        byte[] x = Bytes(a, b);
        ulong result = 0;
        for (int i = 0; i < 4; i++)
        {
            int value = isSigned ? function((sbyte)x[i], (sbyte)x[i + 4]) : function(x[i], x[i + 4]);
            result |= (ulong)(byte)value << (8 * i);
        }

        return result;
    }

    private static ulong Total(ulong a, ulong b, ulong c, bool isSigned, Func<int, int, int> function)
    {
        byte[] x = Bytes(a, b);
        long sum = (long)c;
        for (int i = 0; i < 4; i++)
        {
            sum += isSigned ? function((sbyte)x[i], (sbyte)x[i + 4]) : function(x[i], x[i + 4]);
        }

        return (uint)sum;
    }
}
