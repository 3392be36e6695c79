using NUnit.Framework;
using Winnow.Simulator.Profiling;
using Winnow.Simulator.Tests.Ptx;

namespace Winnow.Simulator.Tests.Profiling;

public sealed class InstructionTraitsTests
{
    [TestCase("mad.lo.s32 %r1, %r2, %r3, %r4;", InstructionClass.Integer, 0)]
    [TestCase("lop3.b32 %r1, %r2, %r3, %r4, 0x96;", InstructionClass.Integer, 0)]
    [TestCase("fma.rn.f32 %f1, %f2, %f3, %f4;", InstructionClass.Float32, 2)]
    [TestCase("add.f32 %f1, %f2, %f3;", InstructionClass.Float32, 1)]
    [TestCase("max.f32 %f1, %f2, %f3;", InstructionClass.Float32, 0)]
    [TestCase("mul.f64 %fd1, %fd2, %fd3;", InstructionClass.Float64, 1)]
    [TestCase("fma.rn.f16x2 %r1, %r2, %r3, %r4;", InstructionClass.Float16, 4)]
    [TestCase("div.rn.f32 %f1, %f2, %f3;", InstructionClass.Special, 1)]
    [TestCase("div.s32 %r1, %r2, %r3;", InstructionClass.Integer, 0)]
    [TestCase("ex2.approx.ftz.f32 %f1, %f2;", InstructionClass.Special, 1)]
    [TestCase("cvt.rn.f32.s32 %f1, %r2;", InstructionClass.Conversion, 0)]
    [TestCase("setp.lt.f32 %p1, %f1, %f2;", InstructionClass.Comparison, 0)]
    [TestCase("and.pred %p1, %p2, %p3;", InstructionClass.Comparison, 0)]
    [TestCase("mov.b32 %r1, %r2;", InstructionClass.Move, 0)]
    [TestCase("cvta.to.global.u64 %rd1, %rd2;", InstructionClass.Move, 0)]
    [TestCase("ld.global.nc.v4.f32 {%f1, %f2, %f3, %f4}, [%rd1];", InstructionClass.GlobalMemory, 0)]
    [TestCase("ld.u32 %r1, [%rd1];", InstructionClass.GlobalMemory, 0)]
    [TestCase("st.shared.u32 [%r1], %r2;", InstructionClass.SharedMemory, 0)]
    [TestCase("ld.param.u64 %rd1, [k_param_0];", InstructionClass.ConstantMemory, 0)]
    [TestCase("st.local.u32 [%rd1], %r2;", InstructionClass.LocalMemory, 0)]
    [TestCase("red.global.add.u32 [%rd1], %r2;", InstructionClass.Atomic, 0)]
    [TestCase("cp.async.commit_group;", InstructionClass.AsyncCopy, 0)]
    [TestCase("shfl.sync.bfly.b32 %r1|%p1, %r2, 16, 31, -1;", InstructionClass.Warp, 0)]
    [TestCase("bar.sync 0;", InstructionClass.Barrier, 0)]
    [TestCase("ret;", InstructionClass.Control, 0)]
    public void Of_InstructionHasItsClassAndOperations(string text, InstructionClass kind, int flops)
        => Assert.That(InstructionTraits.Of(PtxText.Instruction(text)), Is.EqualTo(new InstructionTraits(kind, flops, 0)));

    [TestCase("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32", 4096)]
    [TestCase("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32", 2048)]
    [TestCase("mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32", 8192)]
    public void Of_MatrixProductCountsForTheWarp(string opcode, int flops)
    {
        InstructionTraits traits = InstructionTraits.Of(PtxText.Instruction(opcode + " {%f1}, {%r1}, {%r2}, {%f2};"));

        Assert.That((traits.Class, traits.TensorFlops), Is.EqualTo((InstructionClass.Tensor, flops)));
    }
}
