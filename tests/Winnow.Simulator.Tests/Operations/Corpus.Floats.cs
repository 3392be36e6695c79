using System;
using System.Collections.Generic;
using System.Linq;
using static Winnow.Simulator.Tests.Operations.Bits;
using static Winnow.Simulator.Tests.Operations.ValueKind;

namespace Winnow.Simulator.Tests.Operations;

/// <content>Single and double precision, by the scalar arithmetic of C#, and by big numbers where C# has no such rounding.</content>
internal static partial class Corpus
{
    private static IEnumerable<CorpusRow> Singles =>
    [
        Row("add.f32 %d, %a, %b;", F32, F32, F32, (a, b) => OfF(F(a) + F(b))),
        Row("add.rn.ftz.f32 %d, %a, %b;", F32, F32, F32, (a, b) => Flush(OfF(F(Flush(a)) + F(Flush(b))))),
        Row("add.sat.f32 %d, %a, %b;", F32, F32, Near, (a, b) => Saturate(F(a) + F(b))),
        Row("add.f32 %d, %a, 0f3F800000;", F32, F32, a => OfF(F(a) + 1)),
        Row("sub.f32 %d, %a, %b;", F32, F32, F32, (a, b) => OfF(F(a) - F(b))),
        Row("mul.f32 %d, %a, %b;", F32, F32, F32, (a, b) => OfF(F(a) * F(b))),
        Row("mul.ftz.f32 %d, %a, %b;", F32, F32, F32, (a, b) => Flush(OfF(F(Flush(a)) * F(Flush(b))))),
        Row("mul.ftz.sat.f32 %d, %a, %b;", F32, F32, F32, (a, b) => Saturate(F(Flush(OfF(F(Flush(a)) * F(Flush(b))))))),
        Row("fma.rn.f32 %d, %a, %b, %c;", F32, [F32, F32, F32], (a, b, c) => OfF(MathF.FusedMultiplyAdd(F(a), F(b), F(c)))),
        Row("fma.rn.ftz.f32 %d, %a, %b, %c;", F32, [F32, F32, F32], (a, b, c) => Flush(OfF(MathF.FusedMultiplyAdd(F(Flush(a)), F(Flush(b)), F(Flush(c)))))),
        Row("fma.rn.sat.f32 %d, %a, %b, %c;", F32, [Near, Near, F32], (a, b, c) => Saturate(MathF.FusedMultiplyAdd(F(a), F(b), F(c)))),
        Row("mad.rn.f32 %d, %a, %b, %c;", F32, [F32, F32, F32], (a, b, c) => OfF(MathF.FusedMultiplyAdd(F(a), F(b), F(c)))),
        Row("div.rn.f32 %d, %a, %b;", F32, F32, F32, (a, b) => OfF(F(a) / F(b))),
        Row("div.full.f32 %d, %a, %b;", F32, Near, Near, (a, b) => OfF(F(a) / F(b))),
        Row("div.approx.ftz.f32 %d, %a, %b;", F32, Near, Near, (a, b) => Flush(OfF(F(a) / F(b)))),
        Row("min.f32 %d, %a, %b;", F32, F32, F32, (a, b) => Extreme(F(a), F(b), isMaximum: false, spreadsNaN: false)),
        Row("max.f32 %d, %a, %b;", F32, F32, F32, (a, b) => Extreme(F(a), F(b), isMaximum: true, spreadsNaN: false)),
        Row("min.NaN.f32 %d, %a, %b;", F32, F32, F32, (a, b) => Extreme(F(a), F(b), isMaximum: false, spreadsNaN: true)),
        Row("max.NaN.f32 %d, %a, %b;", F32, F32, F32, (a, b) => Extreme(F(a), F(b), isMaximum: true, spreadsNaN: true)),
        Row("max.ftz.f32 %d, %a, %b;", F32, F32, F32, (a, b) => Extreme(F(Flush(a)), F(Flush(b)), isMaximum: true, spreadsNaN: false)),
        Row("abs.f32 %d, %a;", F32, F32, a => a & 0x7FFFFFFF),
        Row("abs.ftz.f32 %d, %a;", F32, Near, a => Flush(a & 0x7FFFFFFF)),
        Row("neg.f32 %d, %a;", F32, F32, a => a ^ 0x80000000),
        Row("neg.ftz.f32 %d, %a;", F32, Near, a => a ^ 0x80000000),
        Row("copysign.f32 %d, %a, %b;", F32, F32, F32, (a, b) => (a & 0x80000000) | (b & 0x7FFFFFFF)),
        Row("rcp.rn.f32 %d, %a;", F32, F32, a => OfF(1 / F(a))),
        Row("sqrt.rn.f32 %d, %a;", F32, F32, a => OfF(MathF.Sqrt(F(a)))),
        Row("sqrt.rn.ftz.f32 %d, %a;", F32, F32, a => Flush(OfF(MathF.Sqrt(F(Flush(a)))))),
    ];

    private static IEnumerable<CorpusRow> Doubles =>
    [
        Row("add.f64 %d, %a, %b;", F64, F64, F64, (a, b) => OfD(D(a) + D(b))),
        Row("sub.rn.f64 %d, %a, %b;", F64, F64, F64, (a, b) => OfD(D(a) - D(b))),
        Row("mul.f64 %d, %a, %b;", F64, F64, F64, (a, b) => OfD(D(a) * D(b))),
        Row("mul.f64 %d, %a, 0d4008000000000000;", F64, F64, a => OfD(D(a) * 3)),
        Row("fma.rn.f64 %d, %a, %b, %c;", F64, [F64, F64, F64], (a, b, c) => OfD(Math.FusedMultiplyAdd(D(a), D(b), D(c)))),
        Row("div.rn.f64 %d, %a, %b;", F64, F64, F64, (a, b) => OfD(D(a) / D(b))),
        Row("min.f64 %d, %a, %b;", F64, F64, F64, (a, b) => OfD(Extreme(D(a), D(b), isMaximum: false))),
        Row("max.f64 %d, %a, %b;", F64, F64, F64, (a, b) => OfD(Extreme(D(a), D(b), isMaximum: true))),
        Row("abs.f64 %d, %a;", F64, F64, a => a & long.MaxValue),
        Row("neg.f64 %d, %a;", F64, F64, a => a ^ 0x8000000000000000),
        Row("rcp.rn.f64 %d, %a;", F64, F64, a => OfD(1 / D(a))),
        Row("sqrt.rn.f64 %d, %a;", F64, F64, a => OfD(Math.Sqrt(D(a)))),
        Row("rsqrt.approx.f64 %d, %a;", F64, F64, a => OfD(1 / Math.Sqrt(D(a)))),
        Row("copysign.f64 %d, %a, %b;", F64, F64, F64, (a, b) => (a & 0x8000000000000000) | (b & long.MaxValue)),
        .. "zmp".SelectMany(mode => new[]
        {
            Row($"add.r{mode}.f64 %d, %a, %b;", F64, F64, F64, (a, b) => Wide(D(a), 1, D(b), mode)),
            Row($"mul.r{mode}.f64 %d, %a, %b;", F64, F64, F64, (a, b) => D(a) == 0 || D(b) == 0 ? OfD(D(a) * D(b)) : Wide(D(a), D(b), 0, mode)),
            Row($"fma.r{mode}.f64 %d, %a, %b, %c;", F64, [F64, F64, F64], (a, b, c) => Wide(D(a), D(b), D(c), mode)),
        }),
    ];

    private static IEnumerable<CorpusRow> Rounded => "zmp".SelectMany(mode => new[]
    {
        Row($"add.r{mode}.f32 %d, %a, %b;", F32, F32, F32, (a, b) => OfRounded(Sum(F(a), F(b), 24, -126, mode), mode)),
        Row($"sub.r{mode}.f32 %d, %a, %b;", F32, F32, F32, (a, b) => OfRounded(Sum(F(a), -F(b), 24, -126, mode), mode)),
        Row($"mul.r{mode}.f32 %d, %a, %b;", F32, F32, F32, (a, b) => OfRounded(Product(F(a), F(b), mode), mode)),
        Row($"fma.r{mode}.f32 %d, %a, %b, %c;", F32, [F32, F32, F32], (a, b, c) => OfRounded(Fused(F(a), F(b), F(c), 24, -126, mode), mode)),
        Row($"div.r{mode}.f32 %d, %a, %b;", F32, F32, F32, (a, b) => OfRounded(Quotient(F(a), F(b), mode), mode)),
        Row($"rcp.r{mode}.f32 %d, %a;", F32, F32, a => OfRounded(Quotient(1, F(a), mode), mode)),
        Row($"sqrt.r{mode}.f32 %d, %a;", F32, F32, a => OfRounded(Root(F(a), mode), mode)),
    });

    private static IEnumerable<CorpusRow> Functions =>
    [
        Row("rcp.approx.ftz.f32 %d, %a;", F32, F32, a => Flush(OfF(1 / F(Flush(a))))) with { Ulps = 1 },
        Row("sqrt.approx.f32 %d, %a;", F32, F32, a => OfF(MathF.Sqrt(F(a)))) with { Ulps = 1 },
        Row("rsqrt.approx.f32 %d, %a;", F32, F32, a => OfF((float)(1 / Math.Sqrt(F(a))))) with { Ulps = 1 },
        Row("ex2.approx.f32 %d, %a;", F32, F32, a => OfF((float)Math.Pow(2, F(a)))) with { Ulps = 1 },
        Row("ex2.approx.ftz.f32 %d, %a;", F32, Near, a => OfF((float)Math.Pow(2, F(a)))) with { Ulps = 1 },
        Row("lg2.approx.f32 %d, %a;", F32, F32, a => OfF((float)Math.Log2(F(a)))) with { Ulps = 1 },
        Row("lg2.approx.ftz.f32 %d, %a;", F32, F32, a => OfF((float)Math.Log2(F(Flush(a))))) with { Ulps = 1 },
        Row("sin.approx.f32 %d, %a;", F32, F32, a => OfF((float)Math.Sin(F(a)))) with { Ulps = 1 },
        Row("cos.approx.f32 %d, %a;", F32, F32, a => OfF((float)Math.Cos(F(a)))) with { Ulps = 1 },
        Row("tanh.approx.f32 %d, %a;", F32, F32, a => OfF((float)Math.Tanh(F(a)))) with { Ulps = 1 },
        Row("testp.finite.f32 %p0, %a; selp.b32 %d, 1, 0, %p0;", I32, F32, a => float.IsFinite(F(a)) ? 1u : 0),
        Row("testp.infinite.f32 %p0, %a; selp.b32 %d, 1, 0, %p0;", I32, F32, a => float.IsInfinity(F(a)) ? 1u : 0),
        Row("testp.number.f32 %p0, %a; selp.b32 %d, 1, 0, %p0;", I32, F32, a => float.IsNaN(F(a)) ? 0 : 1u),
        Row("testp.notanumber.f64 %p0, %a; selp.b32 %d, 1, 0, %p0;", I32, F64, a => double.IsNaN(D(a)) ? 1u : 0),
        Row("testp.normal.f32 %p0, %a; selp.b32 %d, 1, 0, %p0;", I32, F32, a => float.IsNormal(F(a)) ? 1u : 0),
        Row("testp.subnormal.f64 %p0, %a; selp.b32 %d, 1, 0, %p0;", I32, F64, a => double.IsSubnormal(D(a)) ? 1u : 0),
    ];

    private static ulong Extreme(float a, float b, bool isMaximum, bool spreadsNaN)
    {
        bool isNaN = spreadsNaN ? float.IsNaN(a) || float.IsNaN(b) : float.IsNaN(a) && float.IsNaN(b);
        return isNaN ? 0x7FFFFFFF : OfF((float)Extreme(a, (double)b, isMaximum));
    }

    private static double Extreme(double a, double b, bool isMaximum)
    {
        if (double.IsNaN(a) || double.IsNaN(b))
        {
            return double.IsNaN(a) ? b : a;
        }

        bool isALess = a < b || (a == b && double.IsNegative(a));
        return isALess == isMaximum ? b : a;
    }

    private static double Product(double a, double b, char mode) => a * b == 0 || !double.IsFinite(a * b) ? a * b : Fused(a, b, 0, 24, -126, mode);

    private static double Quotient(double a, double b, char mode) => a == 0 || b == 0 || !double.IsFinite(a) || !double.IsFinite(b)
        ? a / b
        : (BigFloat.From(a) / BigFloat.From(b)).Round(24, -126, mode);

    private static double Root(double a, char mode) => a is > 0 and < double.PositiveInfinity ? BigFloat.SquareRoot(BigFloat.From(a)).Round(24, -126, mode) : Math.Sqrt(a);

    private static ulong Wide(double a, double b, double c, char mode)
    {
        double value = Fused(a, b, c, 53, -1022, mode);
        bool overflows = double.IsInfinity(value) && double.IsFinite(a) && double.IsFinite(b) && double.IsFinite(c);
        bool staysFinite = mode == 'z' || (mode == 'm' && value > 0) || (mode == 'p' && value < 0);
        return OfD(overflows && staysFinite ? Math.CopySign(double.MaxValue, value) : value);
    }
}
