using NUnit.Framework;

namespace Winnow.Simulator.Tests.Profiling.Folding;

/// <summary>Signs are part of operands, products of sums, and two roundings to 16 bits are one.</summary>
public sealed class FloatFoldingTests
{
    [TestCase("neg.f32 %f1, %f9; fma.rn.f32 %f2, %f1, %f8, %f7;", "0 1")]
    [TestCase("abs.f32 %f1, %f9; max.f32 %f2, %f1, %f8;", "0 1")]
    [TestCase("abs.f32 %f1, %f9; st.global.f32 [%rd1], %f1;", "1 1")]
    [TestCase("mul.f32 %f1, %f8, %f9; add.f32 %f2, %f1, %f7;", "0 1")]
    [TestCase("mul.rn.f32 %f1, %f8, %f9; add.rn.f32 %f2, %f1, %f7;", "1 1")]
    [TestCase("mul.f32 %f1, %f8, %f9; add.f32 %f2, %f1, %f7; st.global.f32 [%rd1], %f1;", "1 1 1")]
    [TestCase("cvt.rn.f16.f32 %rs1, %f1; cvt.rn.f16.f32 %rs2, %f2; mov.b32 %r1, {%rs1, %rs2};", "0 0 1")]
    [TestCase("cvt.rn.f16.f32 %rs1, %f1; mov.b32 %r1, {%rs1, %rs2};", "1 1")]
    [TestCase("mov.b32 {%rs1, %rs2}, %r1; cvt.f32.f16 %f1, %rs2;", "0 1")]
    public void Apply_FoldsFloats(string statements, string slots) => Assert.That(FoldedText.Slots(statements), Is.EqualTo(slots));
}
