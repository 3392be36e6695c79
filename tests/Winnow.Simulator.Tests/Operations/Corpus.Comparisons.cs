using System;
using System.Collections.Generic;
using System.Linq;
using static Winnow.Simulator.Tests.Operations.Bits;
using static Winnow.Simulator.Tests.Operations.ValueKind;

namespace Winnow.Simulator.Tests.Operations;

/// <content>Comparisons, logic of predicates and selection.</content>
internal static partial class Corpus
{
    private const string Outcome = " selp.b32 %d, 1, 0, %p0;";

    private static IEnumerable<CorpusRow> Comparisons =>
    [
        .. Ordered("s32", I32, value => (int)value),
        .. Ordered("s64", I64, value => (long)value),
        .. Ordered("s16", I16, value => (short)value),
        .. Ordered("u32", I32, value => (uint)value),
        .. Ordered("u64", I64, value => value),
        .. Ordered("u16", I16, value => (ushort)value),
        .. new[] { "lo", "ls", "hi", "hs" }.Select((name, i) => Test($"setp.{name}.u32 %p0, %a, %b;", I32, (a, b) => Holds(i, a.CompareTo(b)))),
        Test("setp.eq.b32 %p0, %a, %b;", I32, (a, b) => a == b),
        Test("setp.ne.b64 %p0, %a, %b;", I64, (a, b) => a != b),
        .. Floats("f32", F32, bits => F(bits)),
        .. Floats("f64", F64, D),
        .. Floats("f16", F16, bits => H(bits)),
        .. Floats("bf16", B16, bits => B(bits)),
        Test("setp.lt.ftz.f32 %p0, %a, %b;", F32, (a, b) => F(Flush(a)) < F(Flush(b))),
        Test("setp.gt.f16x2 %p0|%p1, %a, %b;", F16x2, (a, b) => H(a) > H(b)),
        Test("setp.gt.f16x2 %p1|%p0, %a, %b;", F16x2, (a, b) => H(a >> 16) > H(b >> 16)),
        Test("setp.lt.s32 %p1|%p0, %a, %b;", I32, (a, b) => (int)a >= (int)b),
        Test("setp.lt.s32 %p1, %a, 5; setp.gt.and.s32 %p0, %b, 3, %p1;", I32, (a, b) => (int)b > 3 && (int)a < 5),
        Test("setp.lt.s32 %p1, %a, 5; setp.gt.or.s32 %p0, %b, 3, !%p1;", I32, (a, b) => (int)b > 3 || (int)a >= 5),
        Test("setp.lt.s32 %p1, %a, 5; setp.gt.xor.s32 %p0|%p2, %b, 3, %p1;", I32, (a, b) => ((int)b > 3) ^ ((int)a < 5)),
        Test("setp.lt.s32 %p1, %a, 5; setp.gt.and.s32 %p2|%p0, %b, 3, %p1;", I32, (a, b) => !((int)b > 3) && (int)a < 5),
        Test("setp.lt.s32 %p1, %a, 5; setp.gt.s32 %p2, %b, 3; and.pred %p0, %p1, %p2;", I32, (a, b) => (int)a < 5 && (int)b > 3),
        Test("setp.lt.s32 %p1, %a, 5; setp.gt.s32 %p2, %b, 3; or.pred %p0, %p1, %p2;", I32, (a, b) => (int)a < 5 || (int)b > 3),
        Test("setp.lt.s32 %p1, %a, 5; setp.gt.s32 %p2, %b, 3; xor.pred %p0, %p1, %p2;", I32, (a, b) => (int)a < 5 != (int)b > 3),
        Test("setp.lt.s32 %p1, %a, %b; not.pred %p0, %p1;", I32, (a, b) => (int)a >= (int)b),
        Test("setp.lt.s32 %p1, %a, %b; mov.pred %p0, %p1;", I32, (a, b) => (int)a < (int)b),
        Row("set.lt.u32.s32 %d, %a, %b;", I32, I32, I32, (a, b) => (int)a < (int)b ? uint.MaxValue : 0),
        Row("set.gtu.f32.f32 %d, %a, %b;", F32, F32, F32, (a, b) => F(a) <= F(b) ? 0u : 0x3F800000),
        Row("set.ne.s32.f32 %d, %a, %b;", I32, F32, F32, (a, b) => F(a) < F(b) || F(a) > F(b) ? uint.MaxValue : 0),
        Row("setp.lt.s32 %p0, %a, %b; selp.b32 %d, %a, %b, %p0;", I32, I32, I32, (a, b) => (int)a < (int)b ? a : b),
        Row("setp.lt.u64 %p0, %a, %b; selp.b64 %d, %a, %b, %p0;", I64, I64, I64, (a, b) => a < b ? a : b),
        Row("setp.lt.u16 %p0, %a, %b; selp.b16 %d, %a, %b, %p0;", I16, I16, I16, (a, b) => a < b ? a : b),
        Row("setp.lt.f32 %p0, %a, %b; selp.f32 %d, %a, 0f3F800000, %p0;", F32, F32, F32, (a, b) => F(a) < F(b) ? a : 0x3F800000),
        Row("slct.s32.s32 %d, %a, %b, %c;", I32, [I32, I32, I32], (a, b, c) => (int)c >= 0 ? a : b),
        Row("slct.u64.f32 %d, %a, %b, %c;", I64, [I64, I64, F32], (a, b, c) => F(c) >= 0 ? a : b),
        Row("slct.ftz.f32.f32 %d, %a, %b, %c;", F32, [F32, F32, F32], (a, b, c) => F(Flush(c)) >= 0 ? a : b),
    ];

    private static CorpusRow Test(string text, ValueKind kind, Func<ulong, ulong, bool> holds) =>
        Row(text + Outcome, I32, kind, kind, (a, b) => holds(a, b) ? 1u : 0);

    private static IEnumerable<CorpusRow> Ordered<T>(string type, ValueKind kind, Func<ulong, T> value)
        where T : IComparable<T> => new[] { "lt", "le", "gt", "ge", "eq", "ne" }.Select((name, i) =>
            Test($"setp.{name}.{type} %p0, %a, %b;", kind, (a, b) => Holds(i, value(a).CompareTo(value(b)))));

    private static bool Holds(int relation, int order) => relation switch
    {
        0 => order < 0,
        1 => order <= 0,
        2 => order > 0,
        3 => order >= 0,
        4 => order == 0,
        _ => order != 0,
    };

    // Every relation once: with NaN the ordered ones are false and the unordered ones are true.
    private static IEnumerable<CorpusRow> Floats(string type, ValueKind kind, Func<ulong, double> value)
    {
        string[] names = ["lt", "le", "gt", "ge", "eq", "ne"];
        string[] unordered = ["ltu", "leu", "gtu", "geu", "equ", "neu"];
        for (int i = 0; i < names.Length; i++)
        {
            int relation = i;
            bool Relates(ulong a, ulong b) => Holds(relation, value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0);
            bool HasNaN(ulong a, ulong b) => double.IsNaN(value(a)) || double.IsNaN(value(b));
            yield return Test($"setp.{names[i]}.{type} %p0, %a, %b;", kind, (a, b) => !HasNaN(a, b) && Relates(a, b));
            yield return Test($"setp.{unordered[i]}.{type} %p0, %a, %b;", kind, (a, b) => HasNaN(a, b) || Relates(a, b));
        }

        yield return Test($"setp.num.{type} %p0, %a, %b;", kind, (a, b) => !double.IsNaN(value(a)) && !double.IsNaN(value(b)));
        yield return Test($"setp.nan.{type} %p0, %a, %b;", kind, (a, b) => double.IsNaN(value(a)) || double.IsNaN(value(b)));
    }
}
