using System.Collections.Generic;
using NUnit.Framework;
using Winnow.Gpu;

namespace Winnow.Simulator.Tests.Profiling.Folding;

/// <summary>Critical paths and counts of what an assembler makes of a kernel, against clocks counted by hand; see <see cref="PathKernel"/>.</summary>
public sealed class AssembledPathTests
{
    // Arguments take nothing, so the first instruction begins at 1; the store is the first here, and the return behind it.
    private const string Store = "st.global.u32 [%rd1], %r1;";

    private static readonly UnitTable Units = new() { Integer = 2, Multiply = 3 };

    [TestCase("", 1)]
    [TestCase("mov.u32 %r1, 1;" + Store, 2)]
    [TestCase("mov.u32 %r1, %tid.x; mul.lo.s32 %r2, %r1, %r1; add.s32 %r1, %r2, %r1;" + Store, 2 + 10 + 1, TestName = "Path_OfAProductThatIsAddedIsOneStep")]
    [TestCase("ld.global.u32 %r2, [%rd2]; neg.s32 %r1, %r2;" + Store, 1 + 1000 + 10 + 1)]
    [TestCase("ld.global.u64 %rd3, [%rd2]; add.s64 %rd4, %rd2, %rd3; add.s64 %rd5, %rd4, 64; ld.global.u32 %r1, [%rd5];" + Store, 1 + 1000 + 20 + 100 + 1, TestName = "Path_OfAnAddressIsTheSumOfItsHalves")]
    public void Path_IsThatOfTheMachine(string body, int clocks) => Assert.That(Run(body, null).LongestPath, Is.EqualTo(clocks));

    // A division takes 24 slots, and the steps that wait for one another.
    [Test]
    public void Path_OfWhatIsSeveralTakesTheirSlotsAndSteps()
    {
        const string Division = "mov.u32 %r2, %tid.x; div.s32 %r1, %r2, %r2;";

        Assert.That(Run(Division + Store, null).LongestPath, Is.EqualTo(2 + (11 * 10) + (3 * 40) + 1));
        Assert.That(Run(Division + "div.s32 %r3, %r2, 3; st.global.u32 [%rd1+4], %r3;" + Store, null).LongestPath, Is.EqualTo(2 + 24 + (11 * 10) + (3 * 40) + 1));
    }

    [Test]
    public void Counts_AreThoseOfTheMachineAndOfThePtx()
    {
        KernelProfile profile = Run("mov.u32 %r2, %tid.x; mov.u32 %r3, %ctaid.x; add.s32 %r4, %r3, 1; shl.b32 %r5, %r2, 3; add.s32 %r1, %r5, %r4; ex2.approx.f32 %f1, %f2;" + Store, null);

        Assert.That(profile.Instructions, Is.EquivalentTo(new Dictionary<InstructionClass, long>
        {
            [InstructionClass.ConstantMemory] = 2, [InstructionClass.Move] = 2, [InstructionClass.Integer] = 3, [InstructionClass.Special] = 1, [InstructionClass.GlobalMemory] = 1, [InstructionClass.Control] = 1,
        }));
        Assert.That(profile.AssembledInstructions, Is.EquivalentTo(new Dictionary<InstructionClass, long>
        {
            // The place of the block is moved beside the lanes, and the sum with it is part of the other one.
            [InstructionClass.Move] = 1, [InstructionClass.Other] = 1, [InstructionClass.Integer] = 2, [InstructionClass.Special] = 1, [InstructionClass.Float32] = 3, [InstructionClass.GlobalMemory] = 1, [InstructionClass.Control] = 1,
        }));
    }

    // From 3 on, every 2 and every 3 clocks; the store when the last is there, and the return behind it. Both together take no longer than the one.
    [TestCase("add.s32 %r1, %r9, %r9; add.s32 %r3, %r9, %r8; add.s32 %r4, %r8, %r8;", 8)]
    [TestCase("mul.lo.s32 %r1, %r9, %r9; mul.lo.s32 %r3, %r9, %r8; mul.lo.s32 %r4, %r8, %r8;", 9)]
    [TestCase("add.s32 %r1, %r9, %r9; mul.lo.s32 %r3, %r9, %r8; mul.lo.s32 %r4, %r8, %r8;", 9)]
    public void Path_OfProductsTakesUnitsOfTheirOwn(string body, int last)
    {
        string values = "mov.u32 %r9, %tid.x; mov.u32 %r8, %tid.y;";
        double path = Run(values + body + "st.global.v4.u32 [%rd1], {%r1, %r3, %r4, %r9};", Units).LongestPath;

        Assert.That(path, Is.EqualTo(last + 10 + 1));
    }

    private static KernelProfile Run(string body, UnitTable? units)
        => PathKernel.Run(body, LaunchShape.Linear(1, 32), new PtxSimulatorOptions { Units = units }, isAssembled: true);
}
