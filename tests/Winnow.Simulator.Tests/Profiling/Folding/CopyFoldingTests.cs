using NUnit.Framework;

namespace Winnow.Simulator.Tests.Profiling.Folding;

/// <summary>What only names something that is there takes nothing.</summary>
public sealed class CopyFoldingTests
{
    [TestCase("ld.param.u64 %rd1, [k_param_0]; cvta.to.global.u64 %rd2, %rd1; ld.global.u32 %r1, [%rd2];", "0 0 1", TestName = "Apply_OfArgumentsAndTheirSpaceFoldsThem")]
    [TestCase("mov.u32 %r1, %tid.x; mov.u32 %r2, %tid.x; mov.u32 %r3, %ctaid.x;", "1 0 1", TestName = "Apply_OfSpecialRegistersKeepsTheFirstOfEach")]
    [TestCase("mov.u32 %r1, 5; add.s32 %r2, %r3, %r1;", "0 1", TestName = "Apply_OfNumbersPutsThemIntoTheirReaders")]
    [TestCase("mov.u32 %r1, 5; @%p1 mov.u32 %r1, 6;", "1 1", TestName = "Apply_OfNumbersThatSeveralWaysBringKeepsThem")]
    [TestCase("mov.b32 %f1, %r1; mov.b64 {%r2, %r3}, %rd1; mov.b32 {%rs1, %rs2}, %r1;", "0 0 0", TestName = "Apply_OfTheSameBitsFoldsThem")]
    [TestCase("mov.b32 %r1, {%rs1, %rs2};", "1", TestName = "Apply_OfHalvesPutTogetherKeepsThem")]
    [TestCase("cvt.u32.u64 %r1, %rd1; cvt.u64.u32 %rd2, %r2; cvt.u16.u32 %rs1, %r3; cvt.u32.u16 %r4, %rs2;", "0 0 0 0", TestName = "Apply_OfZerosAddedOrDroppedFoldsThem")]
    [TestCase("cvt.s64.s32 %rd1, %r1; cvt.rn.f32.s32 %f1, %r2; cvt.sat.u8.s32 %r3, %r4;", "1 1 1", TestName = "Apply_OfOtherConversionsKeepsThem")]
    [TestCase("ld.global.u8 %rs1, [%rd1]; cvt.u32.u8 %r1, %rs1;", "1 0", TestName = "Apply_OfLoadedBytesFoldsTheirWidening")]
    public void Apply_FoldsWhatIsThere(string statements, string slots) => Assert.That(FoldedText.Slots(statements), Is.EqualTo(slots));

    [TestCase("add.s64 %rd3, %rd1, %rd2; add.s64 %rd4, %rd1, %rd2; st.global.u64 [%rd3], %rd4;", "2 0 1")]
    [TestCase("cvta.to.global.u64 %rd2, %rd1; mul.lo.s64 %rd3, %rd1, %rd5; mul.lo.s64 %rd4, %rd2, %rd5; st.global.u64 [%rd3], %rd4;", "0 4 0 1")]
    [TestCase("add.s32 %r1, %r1, 1; add.s32 %r2, %r1, %r3; add.s32 %r1, %r1, 1; add.s32 %r4, %r1, %r3;", "1 1 1 1", TestName = "Apply_OfValuesThatChangeKeepsThem")]
    public void Apply_OfWhatWasComputedBeforeFoldsIt(string statements, string slots)
    {
        string inputs = "ld.global.u64 %rd1, [%rd9]; ld.global.u64 %rd2, [%rd9+8]; ld.global.u64 %rd5, [%rd9+16]; ld.global.u32 %r3, [%rd9+24];";

        Assert.That(FoldedText.Slots((statements.Contains("mul", System.StringComparison.Ordinal) ? inputs.Replace("%rd2", "%rd8", System.StringComparison.Ordinal) : inputs) + statements), Is.EqualTo("1 1 1 1 " + slots));
    }
}
