using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using static Winnow.Simulator.Tests.Operations.Bits;
using static Winnow.Simulator.Tests.Operations.ValueKind;

namespace Winnow.Simulator.Tests.Operations;

/// <content>Moves and conversions.</content>
internal static partial class Corpus
{
    private static IEnumerable<CorpusRow> Moves =>
    [
        Row("mov.b32 %d, %a;", I32, I32, a => a),
        Row("mov.u64 %d, %a;", I64, I64, a => a),
        Row("mov.b16 %d, %a;", I16, I16, a => a),
        Row("mov.f32 %d, 0fBF800000;", F32, I32, _ => 0xBF800000),
        Row("mov.f64 %d, 0dBFF8000000000000;", F64, I32, _ => 0xBFF8000000000000),
        Row("mov.b32 %d, {%a, %b};", I32, I16, I16, (a, b) => a | b << 16),
        Row("mov.b64 %d, {%a, %b};", I64, I32, I32, (a, b) => a | b << 32),
        Row("mov.b64 %d, {%a, %b, %c, %a};", I64, [I16, I16, I16], (a, b, c) => a | b << 16 | c << 32 | a << 48),
        Row("mov.b32 {%h0, %d}, %a;", I16, I32, a => a >> 16),
        Row("mov.b32 {%d, _}, %a;", I16, I32, a => (ushort)a),
        Row("mov.b64 {%r0, %d}, %a;", I32, I64, a => a >> 32),
        Row("mov.b64 {%d, %r0}, %a;", I32, I64, a => (uint)a),
        Row("mov.b64 {%h0, %h1, %d, %h2}, %a;", I16, I64, a => (ushort)(a >> 32)),
    ];

    private static IEnumerable<CorpusRow> IntegerConversions =>
    [
        Row("cvt.s64.s32 %d, %a;", I64, I32, a => (ulong)(int)a),
        Row("cvt.u64.u32 %d, %a;", I64, I32, a => a),
        Row("cvt.u32.u64 %d, %a;", I32, I64, a => (uint)a),
        Row("cvt.s32.s64 %d, %a;", I32, I64, a => (uint)a),
        Row("cvt.u16.u32 %d, %a;", I16, I32, a => (ushort)a),
        Row("cvt.u16.u64 %d, %a;", I16, I64, a => (ushort)a),
        Row("cvt.s32.s16 %d, %a;", I32, I16, a => (uint)(short)a),
        Row("cvt.u32.u16 %d, %a;", I32, I16, a => a),
        Row("cvt.s32.s8 %d, %a;", I32, I32, a => (uint)(sbyte)a),
        Row("cvt.u32.u8 %d, %a;", I32, I32, a => (byte)a),
        Row("cvt.s16.s8 %d, %a;", I16, I16, a => (ushort)(sbyte)a),
        Row("cvt.u16.u8 %d, %a;", I16, I16, a => (byte)a),
        Row("cvt.s8.s32 %d, %a;", I16, I32, a => (ushort)(sbyte)a),
        Row("cvt.u8.u32 %d, %a;", I16, I32, a => (byte)a),
        Row("cvt.s64.s16 %d, %a;", I64, I16, a => (ulong)(short)a),
        Row("cvt.u64.u8 %d, %a;", I64, I16, a => (byte)a),
        Row("cvt.sat.s16.s32 %d, %a;", I16, I32, a => (ushort)Math.Clamp((int)a, short.MinValue, short.MaxValue)),
        Row("cvt.sat.u8.s32 %d, %a;", I16, I32, a => (byte)Math.Clamp((int)a, 0, 255)),
        Row("cvt.sat.s8.s32 %d, %a;", I16, I32, a => (ushort)(short)Math.Clamp((int)a, -128, 127)),
        Row("cvt.sat.u32.s64 %d, %a;", I32, I64, a => (uint)BigInteger.Clamp((long)a, 0, uint.MaxValue)),
        Row("cvt.sat.s32.u32 %d, %a;", I32, I32, a => Math.Min(a, int.MaxValue)),
        Row("cvt.pack.sat.s16.s32 %d, %a, %b;", I32, I32, I32, (a, b) => (uint)(ushort)Math.Clamp((int)a, -32768, 32767) << 16 | (ushort)Math.Clamp((int)b, -32768, 32767)),
        Row("cvt.pack.sat.u8.s32.b32 %d, %a, %b, %c;", I32, [I32, I32, I32], (a, b, c) =>
            (uint)(c << 16) | (uint)Math.Clamp((int)a, 0, 255) << 8 | (uint)Math.Clamp((int)b, 0, 255)),
    ];

    private static IEnumerable<CorpusRow> FloatConversions =>
    [
        Row("cvt.rn.f32.s32 %d, %a;", F32, I32, a => OfF((int)a)),
        Row("cvt.rn.f32.u32 %d, %a;", F32, I32, a => OfF((float)(double)(uint)a)),
        Row("cvt.rn.f32.s64 %d, %a;", F32, I64, a => OfF((float)new BigFloat((long)a, 0).Round(24, -126, 'n'))),
        Row("cvt.rn.f32.u64 %d, %a;", F32, I64, a => OfF((float)new BigFloat(a, 0).Round(24, -126, 'n'))),
        Row("cvt.rn.f32.u16 %d, %a;", F32, I16, a => OfF(a)),
        Row("cvt.rn.f32.s8 %d, %a;", F32, I16, a => OfF((sbyte)a)),
        Row("cvt.rz.f32.s32 %d, %a;", F32, I32, a => OfF((float)new BigFloat((int)a, 0).Round(24, -126, 'z'))),
        Row("cvt.rn.f64.s32 %d, %a;", F64, I32, a => OfD((int)a)),
        Row("cvt.rn.f64.u32 %d, %a;", F64, I32, a => OfD((uint)a)),
        Row("cvt.rn.f64.u64 %d, %a;", F64, I64, a => OfD(new BigFloat(a, 0).Round(53, -1022, 'n'))),
        Row("cvt.rn.f16.s32 %d, %a;", F16, I32, a => OfH(new BigFloat((int)a, 0).Round(11, -14, 'n'))),
        Row("cvt.rn.f16.u16 %d, %a;", F16, I16, a => OfH(new BigFloat(a, 0).Round(11, -14, 'n'))),
        .. new[] { 'n', 'z', 'm', 'p' }.SelectMany(mode => new[]
        {
            Row($"cvt.r{mode}i.s32.f32 %d, %a;", I32, F32, a => Whole(Round(F(a), mode), int.MinValue, int.MaxValue, 0)),
            Row($"cvt.r{mode}i.u32.f32 %d, %a;", I32, F32, a => Whole(Round(F(a), mode), 0, uint.MaxValue, 0)),
            Row($"cvt.r{mode}i.s64.f32 %d, %a;", I64, F32, a => Whole(Round(F(a), mode), long.MinValue, long.MaxValue, 1ul << 63)),
            Row($"cvt.r{mode}i.s32.f64 %d, %a;", I32, F64, a => Whole(Round(D(a), mode), int.MinValue, int.MaxValue, 0x80000000)),
            Row($"cvt.r{mode}i.f32.f32 %d, %a;", F32, F32, a => OfF((float)Round(F(a), mode))),
            Row($"cvt.r{mode}i.f64.f64 %d, %a;", F64, F64, a => OfD(Round(D(a), mode))),
            Row($"cvt.r{mode}i.f16.f16 %d, %a;", F16, F16, a => OfH(Round(H(a), mode))),
            Row($"cvt.r{mode}i.s16.f16 %d, %a;", I16, F16, a => Whole(Round(H(a), mode), short.MinValue, short.MaxValue, 0) & 0xFFFF),
            Row($"cvt.r{mode}.f32.f64 %d, %a;", F32, F64, a => OfRounded(Fused(D(a), 1, Math.CopySign(0, D(a)), 24, -126, mode), mode)),
        }),
        Row("cvt.rzi.u64.f64 %d, %a;", I64, F64, a => Whole(Round(D(a), 'z'), 0, ulong.MaxValue, 1ul << 63)),
        Row("cvt.rzi.u8.f32 %d, %a;", I16, F32, a => Whole(Round(F(a), 'z'), 0, 255, 0)),
        Row("cvt.rzi.ftz.s32.f32 %d, %a;", I32, F32, a => Whole(Round(F(Flush(a)), 'z'), int.MinValue, int.MaxValue, 0)),
        Row("cvt.rpi.ftz.f32.f32 %d, %a;", F32, F32, a => OfF((float)Round(F(Flush(a)), 'p'))),
        Row("cvt.sat.f32.f32 %d, %a;", F32, F32, a => Saturate(F(a))),
        Row("cvt.ftz.f32.f32 %d, %a;", F32, F32, a => Flush(OfF(F(a)))),
        Row("cvt.f64.f32 %d, %a;", F64, F32, a => OfD(F(a))),
        Row("cvt.f32.f16 %d, %a;", F32, F16, a => OfF(H(a))),
        Row("cvt.f32.bf16 %d, %a;", F32, B16, a => OfF(B(a))),
        Row("cvt.f64.f16 %d, %a;", F64, F16, a => OfD(H(a))),
        Row("cvt.rn.f16.f32 %d, %a;", F16, F32, a => OfH(F(a))),
        Row("cvt.rn.f16.f64 %d, %a;", F16, F64, a => OfH(D(a))),
        Row("cvt.rz.f16.f32 %d, %a;", F16, F32, a => HalfTowardsZero(F(a))),
        Row("cvt.rn.bf16.f32 %d, %a;", B16, F32, a => OfB(F(a))),
        Row("cvt.rz.bf16.f32 %d, %a;", B16, F32, a => float.IsNaN(F(a)) ? 0x7FFF : a >> 16),
        Row("cvt.rn.relu.bf16.f32 %d, %a;", B16, F32, a => Rectify(OfB(F(a)))),
        Row("cvt.rn.f16x2.f32 %d, %a, %b;", F16x2, F32, F32, (a, b) => OfH(F(a)) << 16 | OfH(F(b))),
        Row("cvt.rn.bf16x2.f32 %d, %a, %b;", B16x2, F32, F32, (a, b) => OfB(F(a)) << 16 | OfB(F(b))),
        Row("cvt.rn.relu.f16x2.f32 %d, %a, %b;", F16x2, F32, F32, (a, b) => Rectify(OfH(F(a))) << 16 | Rectify(OfH(F(b)))),
        Row("cvt.rz.bf16x2.f32 %d, %a, %b;", B16x2, Near, Near, (a, b) => a >> 16 << 16 | b >> 16),
        Row("cvt.rna.tf32.f32 %d, %a;", F32, F32, a => float.IsNaN(F(a)) ? 0x7FFFFFFF : (a + 0x1000) & 0xFFFFE000),
    ];

    private static double Round(double value, char mode) => mode switch
    {
        'n' => Math.Round(value, MidpointRounding.ToEven),
        'z' => Math.Truncate(value),
        'm' => Math.Floor(value),
        _ => Math.Ceiling(value),
    };

    // Integers take the nearest value that they have; what NaN becomes is the type's affair.
    private static ulong Whole(double value, BigInteger lowest, BigInteger highest, ulong whenNaN)
    {
        if (double.IsNaN(value))
        {
            return whenNaN;
        }

        if (double.IsInfinity(value))
        {
            return (ulong)((value < 0 ? lowest : highest) & ulong.MaxValue);
        }

        return (ulong)(BigInteger.Clamp(new BigInteger(value), lowest, highest) & ulong.MaxValue);
    }

    private static ulong HalfTowardsZero(float value)
    {
        if (!float.IsFinite(value) || value == 0)
        {
            return OfH(value);
        }

        double rounded = BigFloat.From(value).Round(11, -14, 'z');
        return OfH(Math.Abs(rounded) > 65504 ? Math.CopySign(65504, rounded) : rounded);
    }
}
