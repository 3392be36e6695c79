using System;
using System.Collections.Generic;
using System.Linq;
using static Winnow.Simulator.Tests.Operations.Bits;
using static Winnow.Simulator.Tests.Operations.ValueKind;

namespace Winnow.Simulator.Tests.Operations;

/// <content>Halves and brain floats: exact results, rounded once by <see cref="BigFloat"/>; single ones and pairs by the same function.</content>
internal static partial class Corpus
{
    private static IEnumerable<CorpusRow> Narrow =>
    [
        .. Both("add", F16, 2, (a, b, _) => OfH(SumOf(H(a), H(b), 11, -14))),
        .. Both("sub", F16, 2, (a, b, _) => OfH(SumOf(H(a), -H(b), 11, -14))),
        .. Both("mul", F16, 2, (a, b, _) => OfH(ProductOf(H(a), H(b), 11, -14))),
        .. Both("fma.rn", F16, 3, (a, b, c) => OfH(Fused(H(a), H(b), H(c), 11, -14))),
        .. Both("fma.rn.relu", F16, 3, (a, b, c) => Rectify(OfH(Fused(H(a), H(b), H(c), 11, -14)))),
        .. Both("fma.rn.sat", F16, 3, (a, b, c) => Clamp(OfH(Fused(H(a), H(b), H(c), 11, -14)))),
        .. Both("min", F16, 2, (a, b, _) => OfH(Extreme(H(a), (double)H(b), isMaximum: false))),
        .. Both("max", F16, 2, (a, b, _) => OfH(Extreme(H(a), (double)H(b), isMaximum: true))),
        .. Both("max.NaN", F16, 2, (a, b, _) => float.IsNaN(H(a)) || float.IsNaN(H(b)) ? 0x7FFF : OfH(Extreme(H(a), (double)H(b), isMaximum: true))),
        .. Both("neg", F16, 1, (a, _, _) => a ^ 0x8000),
        .. Both("abs", F16, 1, (a, _, _) => a & 0x7FFF),
        .. Both("ex2.approx", F16, 1, (a, _, _) => OfH(Math.Pow(2, H(a)))).Select(row => row with { Ulps = 1 }),
        .. Both("fma.rn", B16, 3, (a, b, c) => OfB(Fused(B(a), B(b), B(c), 8, -126))),
        .. Both("fma.rn.relu", B16, 3, (a, b, c) => Rectify(OfB(Fused(B(a), B(b), B(c), 8, -126)))),
        .. Both("add", B16, 2, (a, b, _) => OfB(SumOf(B(a), B(b), 8, -126))),
        .. Both("mul", B16, 2, (a, b, _) => OfB(ProductOf(B(a), B(b), 8, -126))),
        .. Both("min", B16, 2, (a, b, _) => OfB(Extreme(B(a), (double)B(b), isMaximum: false))),
        .. Both("max", B16, 2, (a, b, _) => OfB(Extreme(B(a), (double)B(b), isMaximum: true))),
        .. Both("neg", B16, 1, (a, _, _) => a ^ 0x8000),
        .. Both("abs", B16, 1, (a, _, _) => a & 0x7FFF),
    ];

    // One row for single values and one for pairs.
    private static IEnumerable<CorpusRow> Both(string name, ValueKind kind, int count, Func<ulong, ulong, ulong, ulong> expected)
    {
        (string type, ValueKind pair) = kind == F16 ? ("f16", F16x2) : ("bf16", B16x2);
        string operands = string.Join(", ", new[] { "%d", "%a", "%b", "%c" }.Take(count + 1));
        yield return Row($"{name}.{type} {operands};", kind, [.. Enumerable.Repeat(kind, count)], expected);
        yield return Row($"{name}.{type}x2 {operands};", pair, [.. Enumerable.Repeat(pair, count)], (a, b, c) => Pair(expected, a, b, c));
    }

    private static double SumOf(double a, double b, int precision, int lowest) => Fused(a, 1, b, precision, lowest);

    private static double ProductOf(double a, double b, int precision, int lowest) => a == 0 || b == 0 ? a * b : Fused(a, b, 0, precision, lowest);

    private static ulong Rectify(ulong bits) => bits is 0x7FFF || (bits & 0x8000) == 0 ? bits : 0;

    private static ulong Clamp(ulong half) => half == 0x7FFF || (half & 0x8000) != 0 ? 0 : Math.Min(half, 0x3C00);
}
