using NUnit.Framework;
using Winnow.Simulator.Profiling.Folding;

namespace Winnow.Simulator.Tests.Profiling.Folding;

/// <summary>Products, shifts and sums become part of sums, and sums with numbers part of accesses.</summary>
public sealed class SumFoldingTests
{
    [TestCase("mul.lo.s32 %r1, %r8, %r9; add.s32 %r2, %r1, %r7;", "0 1")]
    [TestCase("mul.lo.s32 %r1, %r8, %r9; sub.s32 %r2, %r7, %r1;", "1 1")]
    [TestCase("mul.lo.s32 %r1, %r8, %r9; add.s32 %r2, %r1, %r7; add.s32 %r3, %r1, %r6;", "0 1 1")]
    [TestCase("mul.lo.s32 %r1, %r8, %r9; add.s32 %r2, %r1, %r7; st.global.u32 [%rd9], %r1;", "1 1 1")]
    [TestCase("shl.b32 %r1, %r8, 5; add.s32 %r2, %r1, %r7;", "0 1")]
    [TestCase("shl.b32 %r1, %r8, 5; sub.s32 %r2, %r7, %r1;", "0 1")]
    [TestCase("shl.b32 %r1, %r8, %r9; add.s32 %r2, %r1, %r7;", "1 1")]
    [TestCase("shl.b32 %r1, %r8, 5; or.b32 %r2, %r1, %r7;", "1 1")]
    [TestCase("shr.u32 %r1, %r8, 5; add.s32 %r2, %r1, %r7;", "0 1")]
    [TestCase("add.s32 %r1, %r8, %r9; add.s32 %r2, %r1, %r7;", "0 1")]
    [TestCase("add.s32 %r1, %r8, %r9; add.s32 %r2, %r1, %r7; add.s32 %r3, %r2, %r6;", "0 1 1")]
    [TestCase("add.s32 %r1, %r8, %r9; max.s32 %r2, %r1, %r7;", "0 1")]
    [TestCase("mul.wide.s32 %rd1, %r8, 4; add.s64 %rd2, %rd9, %rd1;", "0 1")]
    [TestCase("mul.wide.s32 %rd1, %r8, 4; add.s64 %rd2, %rd9, %rd1; sub.s64 %rd3, %rd9, %rd1;", "1 2 2")]
    [TestCase("shl.b64 %rd1, %rd8, 2; add.s64 %rd2, %rd9, %rd1;", "0 2")]
    [TestCase("cvt.s64.s32 %rd1, %r8; shl.b64 %rd2, %rd1, 2; add.s64 %rd3, %rd9, %rd2;", "0 0 2")]
    [TestCase("cvt.s64.s32 %rd1, %r8; add.s64 %rd3, %rd9, %rd1;", "0 2")]
    [TestCase("cvt.s64.s32 %rd1, %r8; mul.lo.s64 %rd3, %rd9, %rd1;", "1 4")]
    [TestCase("add.s64 %rd1, %rd8, %rd9; add.s64 %rd2, %rd1, %rd7;", "0 2")]
    [TestCase("mul.lo.s64 %rd1, %rd8, %rd9; add.s64 %rd2, %rd1, %rd7;", "4 0")]
    public void Apply_FoldsTermsIntoSums(string statements, string slots) => Assert.That(FoldedText.Slots(statements), Is.EqualTo(slots));

    [Test]
    public void Apply_OfProductsTellsThem()
    {
        MachineCode code = FoldedText.Code("mul.lo.s32 %r1, %r8, %r9; add.s32 %r2, %r1, %r7; shl.b32 %r3, %r2, 5; add.s32 %r4, %r3, %r7;");

        Assert.That(code.IsProduct, Is.EqualTo(new[] { false, true, false, false, false }));
    }

    [TestCase("add.s64 %rd1, %rd9, 64; ld.global.u32 %r1, [%rd1];", "0 1")]
    [TestCase("add.s64 %rd1, %rd9, 64; add.s64 %rd2, %rd1, 8; ld.global.u32 %r1, [%rd2+4]; st.global.u32 [%rd1], %r1;", "0 0 1 1")]
    [TestCase("add.s64 %rd1, %rd9, 64; ld.global.u32 %r1, [%rd1]; st.global.u64 [%rd8], %rd1;", "2 1 1")]
    [TestCase("add.s64 %rd1, %rd9, 16777216; ld.global.u32 %r1, [%rd1];", "2 1")]
    [TestCase("add.s32 %r1, %r9, 64; ld.shared.u32 %r2, [%r1];", "0 1")]
    public void Apply_FoldsNumbersIntoAccesses(string statements, string slots)
    {
        const string Inputs = "ld.global.u64 %rd9, [%rd7]; ld.global.u64 %rd8, [%rd7+8]; ld.global.u32 %r9, [%rd7+16];";

        Assert.That(FoldedText.Slots(Inputs + statements), Is.EqualTo("1 1 1 " + slots));
    }

    [Test]
    public void Apply_OfAStartThatChangesBeforeTheAccessKeepsTheSum()
        => Assert.That(FoldedText.Slots("mov.u64 %rd9, 0; add.s64 %rd1, %rd9, 64; L: add.s64 %rd9, %rd9, 8; ld.global.u32 %r1, [%rd1]; @%p1 bra L;"), Is.EqualTo("1 2 2 1 1"));
}
