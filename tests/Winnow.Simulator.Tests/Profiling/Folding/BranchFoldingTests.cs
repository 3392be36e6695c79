using System.Linq;
using NUnit.Framework;
using Winnow.Simulator.Profiling.Folding;

namespace Winnow.Simulator.Tests.Profiling.Folding;

/// <summary>Branches become predicates around few instructions, and take more where lanes part.</summary>
public sealed class BranchFoldingTests
{
    private const string Body = "ld.global.u32 %r1, [%rd1]; add.s32 %r2, %r1, %r3; st.global.u32 [%rd1], %r2;";

    private static readonly string LongBody = string.Concat(Enumerable.Range(10, 8).Select(i => $"st.global.u32 [%rd1], %r{i};"));

    [TestCase(Body, "0 1 1 1 1")]
    [TestCase("bar.sync 0;", "3 1 1")]
    [TestCase("trap;", "1 1 1")]
    public void Apply_OfABranchAroundFewInstructionsGivesThemItsPredicate(string body, string slots)
        => Assert.That(FoldedText.Slots($"@%p1 bra END; {body} END: st.global.u32 [%rd2], %r9;"), Is.EqualTo(slots));

    [Test]
    public void Apply_OfABranchThatIsGoneLeavesNoTarget()
    {
        MachineCode code = FoldedText.Code($"@%p1 bra END; {Body} END: st.global.u32 [%rd2], %r9;");

        Assert.That(code.Targets, Is.Empty);
        Assert.That(Enumerable.Range(0, code.Instructions.Length).Select(code.PredicateOf), Is.EqualTo(new[] { "%p1", "%p1", "%p1", "%p1", null, null }));
    }

    [Test]
    public void Apply_OfLanesThatPartTellsThemOnceWhereTheyMeet()
    {
        string slots = FoldedText.Slots($"@%p1 bra END; @%p2 bra END; {LongBody} END: st.global.u32 [%rd2], %r9;");

        Assert.That(slots, Is.EqualTo("3 1 1 1 1 1 1 1 1 1 1"));
    }

    [Test]
    public void Apply_OfABranchThatAllThreadsTakeTogetherIsOne()
    {
        string slots = FoldedText.Slots($"ld.param.u32 %r30, [k_param_1]; setp.eq.s32 %p1, %r30, 0; @%p1 bra END; {LongBody} END: st.global.u32 [%rd2], %r9;");

        Assert.That(slots, Is.EqualTo("0 1 1 1 1 1 1 1 1 1 1 1"));
    }

    [Test]
    public void Apply_OfTwoBranchesInARowTurnsTheFirstRound()
        => Assert.That(FoldedText.Slots($"@%p1 bra ON; bra.uni END; ON: {LongBody} END: st.global.u32 [%rd2], %r9;"), Does.StartWith("3 0 1"));

    [Test]
    public void Apply_OfTheWayBackIsOne() => Assert.That(FoldedText.Slots("L: add.s32 %r1, %r1, 1; @%p1 bra L;"), Is.EqualTo("1 1"));

    [TestCase("mov.u32 %r1, %ctaid.x; shl.b32 %r2, %r1, 3; mov.u32 %r3, %tid.x; add.s32 %r4, %r2, %r3;", "u u - -")]
    [TestCase("ld.param.u32 %r1, [k_param_1]; setp.eq.s32 %p1, %r1, 0; selp.b32 %r2, 1, 2, %p1; ld.global.u32 %r3, [%rd1]; add.s32 %r4, %r3, %r1;", "u u u - -")]
    [TestCase("ld.param.u32 %r1, [k_param_1]; cvt.rn.f32.s32 %f1, %r1; add.s32 %r2, %r2, %r1;", "u - -")]
    public void Apply_OfValuesTellsWhichAreTheSameForAllThreads(string statements, string expected)
        => Assert.That(string.Join(' ', FoldedText.Code(statements).IsUniform.SkipLast(1).Select(static same => same ? "u" : "-")), Is.EqualTo(expected));
}
