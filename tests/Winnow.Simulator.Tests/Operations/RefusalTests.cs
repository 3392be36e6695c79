using NUnit.Framework;

namespace Winnow.Simulator.Tests.Operations;

/// <summary>What is not understood to the last word is refused, never run as something else.</summary>
public sealed class RefusalTests
{
    [TestCase("add.rn.satfinite.f32 %f1, %f2, %f3;")]
    [TestCase("add.cc.u16 %rs1, %rs2, %rs3;")]
    [TestCase("add.s8 %rs1, %rs2, %rs3;")]
    [TestCase("add.sat.u32 %r1, %r2, %r3;")]
    [TestCase("add.f32 %f1, %f2;")]
    [TestCase("add.sat.f64 %fd1, %fd2, %fd3;")]
    [TestCase("mul.s32 %r1, %r2, %r3;")]
    [TestCase("mul.wide.s64 %rd1, %rd2, %rd3;")]
    [TestCase("fma.rn.f16.f32 %f1, %f2, %f3, %f4;")]
    [TestCase("fma.rn.oob.f16x2 %r1, %r2, %r3, %r4;")]
    [TestCase("min.xorsign.abs.f32 %f1, %f2, %f3;")]
    [TestCase("sin.f32 %f1, %f2;")]
    [TestCase("and.u32 %r1, %r2, %r3;")]
    [TestCase("setp.lo.s32 %p1, %r1, %r2;")]
    [TestCase("setp.ltu.s32 %p1, %r1, %r2;")]
    [TestCase("setp.lt.b32 %p1, %r1, %r2;")]
    [TestCase("cvt.s32.f32 %r1, %f1;")]
    [TestCase("cvt.rn.satfinite.e4m3x2.f32 %rs1, %f1, %f2;")]
    [TestCase("cvt.rn.relu.f32.s32 %f1, %r1;")]
    [TestCase("shfl.sync.bfly.b32 %r1, %r2, 1, 31;")]
    [TestCase("shfl.sync.bfly.b64 %rd1, %rd2, 1, 31, -1;")]
    [TestCase("redux.sync.add.b32 %r1, %r2, -1;")]
    [TestCase("redux.sync.min.f32 %f1, %f2, -1;")]
    [TestCase("mma.sync.aligned.m16n8k16.row.row.f32.f16.f16.f32 {%f1,%f2,%f3,%f4}, {%r1,%r2,%r3,%r4}, {%r5,%r6}, {%f1,%f2,%f3,%f4};")]
    [TestCase("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f1,%f2,%f3,%f4}, {%r1,%r2}, {%r5,%r6}, {%f1,%f2,%f3,%f4};")]
    [TestCase("mma.sync.aligned.m16n8k16.row.col.f32.f16.bf16.f32 {%f1,%f2,%f3,%f4}, {%r1,%r2,%r3,%r4}, {%r5,%r6}, {%f1,%f2,%f3,%f4};")]
    [TestCase("sub.u16x2 %r1, %r2, %r3;")]
    [TestCase("setp.lt.u16x2 %p1, %r1, %r2;")]
    [TestCase("cvt.rn.u16x2.f32 %r1, %f1, %f2;")]
    [TestCase("set.lt.f16x2.f16 %r1, %rs1, %rs2;")]
    [TestCase("set.lt.u16.f16x2 %rs1, %r1, %r2;")]
    [TestCase("vadd4.u32.u32.u32.sat.add %r1, %r2, %r3, %r4;")]
    [TestCase("ld.global.u32 %r1, [%rd1];")]
    [TestCase("bar.sync 0;")]
    [TestCase("lop3.b32 %r1, %r2, %r3, %r4, %r5;")]
    [TestCase("testp.odd.f32 %p1, %f1;")]
    public void Decode_RefusesWhatItDoesNotKnow(string text) => Assert.That(OneInstruction.IsKnown(text), Is.False);
}
