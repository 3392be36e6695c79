using NUnit.Framework;
using Winnow.Gpu;
using Winnow.Simulator.Profiling.Folding;

namespace Winnow.Simulator.Tests.Profiling.Folding;

/// <summary>Registers that are alive at a time, counted by hand.</summary>
public sealed class LiveRegistersTests
{
    private const string Inputs = "ld.global.u64 %rd1, [%rd9]; ld.global.u32 %r1, [%rd9+8]; ld.global.u32 %r2, [%rd9+12];";

    // Inputs are alive until their last use, so the first address (64 bits) together with what it brought but for the last.
    [TestCase("ld.global.u32 %r1, [%rd9];", 2)]
    [TestCase("ld.global.u32 %r1, [%rd9]; ld.global.u32 %r2, [%rd9+4]; st.global.v2.u32 [%rd9+8], {%r1, %r2};", 2 + 2)]
    [TestCase("ld.global.v4.u32 {%r1, %r2, %r3, %r4}, [%rd9]; st.global.v4.u32 [%rd9], {%r1, %r2, %r3, %r4};", 2 + 4)]
    [TestCase(Inputs + "add.s32 %r3, %r1, %r2; st.global.u32 [%rd1], %r3;", 2 + 2 + 1, TestName = "Of_ASumIsNoMoreThanItsTerms")]
    [TestCase(Inputs + "mul.lo.s32 %r3, %r1, %r2; ld.global.u32 %r4, [%rd1]; add.s32 %r5, %r3, %r4; st.global.u32 [%rd1], %r5;", 2 + 3, TestName = "Of_AProductThatIsPartOfASumKeepsItsFactors")]
    [TestCase(Inputs + "setp.lt.s32 %p1, %r1, %r2; selp.b32 %r3, 1, 2, %p1; st.global.u32 [%rd1], %r3;", 2 + 2 + 1, TestName = "Of_PredicatesIsNone")]
    [TestCase("ld.param.u32 %r1, [k_param_1]; mov.u32 %r2, %ctaid.x; add.s32 %r3, %r1, %r2; st.global.u32 [%rd9], %r3;", 2, TestName = "Of_WhatIsTheSameForAllThreadsIsNone")]
    [TestCase("mov.u32 %r1, 0; mov.u32 %r2, %tid.x; L: add.s32 %r1, %r1, 1; @%p1 bra L; st.global.v2.u32 [%rd9], {%r1, %r2};", 2 + 2, TestName = "Of_ALoopKeepsWhatComesAfterIt")]
    [TestCase("@%p1 bra E; ld.global.u32 %r1, [%rd9]; bar.sync 0; st.global.u32 [%rd9], %r1; bra D; E: ld.global.u64 %rd1, [%rd8]; bar.sync 0; st.global.u64 [%rd8], %rd1; D:", 2 + 2, TestName = "Of_TwoWaysIsTheOneThatNeedsMore")]
    public void Of_AFunctionIsWhatIsAliveAtATime(string statements, int registers) => Assert.That(LiveRegisters.Of(FoldedText.Code(statements)), Is.EqualTo(registers));

    [Test]
    public void Turn_HasAsManyBlocksAsRegistersLetIt()
    {
        // 65 values of 32 bits, in eights 72; their addresses are arguments. Of 512 threads a multiprocessor has registers for one block, and threads for four.
        string many = "";
        string sums = "";
        for (int i = 0; i < 65; i++)
        {
            many += $"ld.global.f32 %f1{i}, [%rd2+{4 * i}];";
            sums += $"st.global.f32 [%rd1+{4 * i}], %f1{i};";
        }

        KernelProfile profile = PathKernel.Run(
            ".reg .f32 %f1<65>;" + many + "bar.sync 0;" + sums, LaunchShape.Linear(8, 512), new PtxSimulatorOptions { Units = new UnitTable { Multiprocessors = 2 } }, isAssembled: true);

        Assert.That(profile.BlocksOfTurn, Is.EqualTo(1));
    }

    [TestCase(0, 4)]
    [TestCase(32, 4)]
    [TestCase(33, 3)]
    [TestCase(64, 2)]
    [TestCase(255, 1)]
    public void BlocksAtOnce_GoByRegisters(int registers, int blocks) => Assert.That(new UnitTable { Multiprocessors = 1 }.BlocksAtOnce(512, 0, 100, registers), Is.EqualTo(blocks));
}
