using NUnit.Framework;
using Winnow.Simulator.Profiling.Folding;
using Winnow.Simulator.Tests.Ptx;

namespace Winnow.Simulator.Tests.Profiling.Folding;

/// <summary>What an assembler for Hopper makes of single instructions: counts read from its machine code.</summary>
public sealed class ExpansionsTests
{
    [TestCase("add.s32 %r1, %r2, %r3;", 1, 0)]
    [TestCase("add.s64 %rd1, %rd2, %rd3;", 2, 0)]
    [TestCase("setp.lt.s64 %p1, %rd2, %rd3;", 2, 0)]
    [TestCase("min.s64 %rd1, %rd2, %rd3;", 4, 0)]
    [TestCase("mul.lo.s64 %rd1, %rd2, %rd3;", 4, 0)]
    [TestCase("mul.hi.u64 %rd1, %rd2, %rd3;", 7, 0)]
    [TestCase("mul.wide.s32 %rd1, %r2, %r3;", 1, 0)]
    [TestCase("mad.wide.s32 %rd1, %r2, %r3, %rd2;", 3, 0)]
    [TestCase("div.s32 %r1, %r2, %r3;", 24, 3)]
    [TestCase("rem.u32 %r1, %r2, %r3;", 17, 3)]
    [TestCase("div.rn.f32 %f1, %f2, %f3;", 11, 0)]
    [TestCase("div.full.f32 %f1, %f2, %f3;", 8, 0)]
    [TestCase("ex2.approx.f32 %f1, %f2;", 4, 0)]
    [TestCase("ex2.approx.ftz.f32 %f1, %f2;", 1, 0)]
    [TestCase("rsqrt.approx.ftz.f32 %f1, %f2;", 1, 0)]
    [TestCase("tanh.approx.f32 %f1, %f2;", 1, 0)]
    [TestCase("clz.b32 %r1, %r2;", 2, 0)]
    [TestCase("bfe.u32 %r1, %r2, 3, 5;", 2, 0)]
    [TestCase("membar.gl;", 5, 0)]
    [TestCase("membar.cta;", 1, 0)]
    public void Of_InstructionIsWhatAnAssemblerMakes(string statement, int slots, int specials)
    {
        MachineCost cost = Expansions.Of(PtxText.Instruction(statement));

        Assert.That((cost.Slots, cost.Specials), Is.EqualTo((slots, specials)));
    }
}
