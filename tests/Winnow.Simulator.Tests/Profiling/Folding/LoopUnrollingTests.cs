using System.Linq;
using NUnit.Framework;
using Winnow.Gpu;
using Winnow.Simulator.Profiling.Folding;

namespace Winnow.Simulator.Tests.Profiling.Folding;

/// <summary>Small loops that count are unrolled, and take what the rounds together take; clocks as <see cref="PathKernel"/> has them.</summary>
public sealed class LoopUnrollingTests
{
    private const string Load = "ld.global.f32 %f2, [%rd3]; add.rn.f32 %f1, %f1, %f2; add.s64 %rd3, %rd3, 128;";

    private static readonly string Long = string.Concat(Enumerable.Range(10, 60).Select(i => $"st.global.u32 [%rd3], %r{i};"));

    [TestCase(Load + "add.s32 %r1, %r1, 1; setp.lt.s32 %p1, %r1, %r2;", true)]
    [TestCase(Load + "add.s32 %r1, %r1, -1; setp.ne.s32 %p1, %r1, 0;", true)]
    [TestCase(Load + "setp.lt.s64 %p1, %rd3, %rd4;", true, TestName = "Apply_OfALoopThatCountsItsAddressUnrollsIt")]
    [TestCase(Load + "shl.b32 %r1, %r1, 1; setp.lt.s32 %p1, %r1, %r2;", false)]
    [TestCase(Load + "add.s32 %r1, %r1, 1; add.s32 %r2, %r2, %r1; setp.lt.s32 %p1, %r1, %r2;", false, TestName = "Apply_OfAnEndThatMovesKeepsTheLoop")]
    [TestCase("bar.sync 0; add.s32 %r1, %r1, 1; setp.lt.s32 %p1, %r1, %r2;", false)]
    [TestCase("div.rn.f32 %f1, %f1, %f2; add.s32 %r1, %r1, 1; setp.lt.s32 %p1, %r1, %r2;", false)]
    public void Apply_OfLoopsThatCountUnrollsThem(string body, bool isUnrolled)
    {
        MachineCode code = FoldedText.Code("mov.u32 %r1, 0; L: " + body + "@%p1 bra L;");
        int branch = code.Instructions.Length - 2;

        Assert.That((code.IsLoopHead(1), code.IsOncePerRounds(branch), code.IsOncePerRounds(1)), Is.EqualTo((isUnrolled, isUnrolled, false)));
    }

    [Test]
    public void Apply_OfALoopThatIsLongOrHasAnotherOrIsKeptLeavesIt()
    {
        const string Way = "add.s32 %r1, %r1, 1; setp.lt.s32 %p1, %r1, %r2; @%p1 bra L;";

        Assert.That(FoldedText.Code("L: " + Long + Way).IsLoopHead(0), Is.True, "60 stores and a way back of two before the branch are no more than 64");
        Assert.That(FoldedText.Code("L: " + Long + "st.global.v2.u32 [%rd3], {%r1, %r2}; st.global.u32 [%rd3], %r1; st.global.u32 [%rd3], %r1;" + Way).IsLoopHead(0), Is.False);
        Assert.That(FoldedText.Code("L: .pragma \"nounroll\"; " + Load + Way).IsLoopHead(0), Is.False);
        Assert.That(FoldedText.Code("L: " + Load + "M: add.s32 %r3, %r3, 1; setp.lt.s32 %p2, %r3, %r2; @%p2 bra M;" + Way).IsLoopHead(0), Is.False);
    }

    // A round takes 1000 clocks for its load, which waits for the sum before it to have begun; of four together all four loads come first. The next four begin behind the last of the
    // four sums, which begin as soon as their loads are there and the sum before them is: 10 clocks each.
    [TestCase(4)]
    [TestCase(8)]
    public void Path_OfAnUnrolledLoopHasATripForFourRounds(int rounds)
    {
        KernelProfile profile = Run("", rounds);

        Assert.That(profile.LongestPathTrips, Is.EqualTo(rounds / 4));
    }

    [Test]
    public void Path_OfALoopThatIsKeptHasATripForEachRound()
    {
        KernelProfile kept = Run(".pragma \"nounroll\";", 8);

        Assert.That(kept.LongestPathTrips, Is.EqualTo(8));
        Assert.That(kept.AssembledInstructions.Values.Sum() - Run("", 8).AssembledInstructions.Values.Sum(), Is.EqualTo(6 * (2 + 1 + 1 + 1)), "six rounds of eight count no address, no round, compare nothing and do not branch");
    }

    private static KernelProfile Run(string pragma, int rounds)
    {
        string body = $"mov.b64 %rd3, %rd2; mov.u32 %r1, 0; mov.f32 %f1, 0f00000000; L: {pragma} {Load} add.s32 %r1, %r1, 1; setp.lt.s32 %p1, %r1, {rounds}; @%p1 bra L; st.global.f32 [%rd1], %f1;";
        return PathKernel.Run(body, LaunchShape.Linear(1, 32), new PtxSimulatorOptions(), isAssembled: true);
    }
}
