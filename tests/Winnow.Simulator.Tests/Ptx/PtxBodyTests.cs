using System.Linq;
using NUnit.Framework;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Tests.Ptx;

public sealed class PtxBodyTests
{
    [Test]
    public void Parse_InnerRegistersAreOthersThanOuterOnes()
    {
        PtxFunction kernel = PtxText.Kernel(
            """
            { .reg .u64 t; .reg.b16 lo,hi; cvta.to.shared.u64 t, %rd1; mov.b32 {lo,hi}, %r1; mov.u64 %rd2, t; }
            { .reg .pred t; .reg .pred %p<2>; setp.ne.u32 t, %r1, 0; @t bar.sync 1, 64; @%p1 bar.sync 2; }
            @%p1 bar.sync 3;
            """);

        string[] names = [.. kernel.Registers.Keys];
        Assert.That(names, Is.EquivalentTo(new[] { "%t#1", "%lo#1", "%hi#1", "%t#2", "%%p1#2", "%p1", "%r1", "%rd1", "%rd2" }));
        Assert.That((kernel.Registers["%t#1"].Bits, kernel.Registers["%t#2"].IsPredicate), Is.EqualTo((64, true)));
        Assert.That(kernel.Instructions.Where(i => i.Opcode == "bar").Select(i => i.Guard), Is.EqualTo(new[] { "%t#2", "%%p1#2", "%p1" }));
        Assert.That(kernel.Instructions[2].Operands[1].Name, Is.EqualTo("%t#1"));
    }

    [Test]
    public void Parse_LabelsOfInlineAssemblyStayInTheirBraces()
    {
        const string Wait = "{ .reg .pred p; WAIT: setp.ne.u32 p, %r1, 0; @p bra DONE; bra WAIT; DONE: }\n";
        PtxFunction kernel = PtxText.Kernel(Wait + Wait + "bra END; END: ret;");

        Assert.That(
            kernel.Instructions.Where(i => i.Opcode == "bra").Select(i => kernel.Labels[i.Operands[0].Name]),
            Is.EqualTo(new[] { 3, 0, 6, 3, 7 }));
    }

    [Test]
    public void Parse_BranchTablesPointAtInstructions()
    {
        PtxFunction kernel = PtxText.Kernel(
            """
            $L_brx_0: .branchtargets
                $L__BB0_2,
                $L__BB0_3;
            @%p1 brx.idx %r1, $L_brx_0;
            $L__BB0_2: ret;
            $L__BB0_3:
            """);

        Assert.That((kernel.Instructions[0].Operands[1].Kind, kernel.Instructions[0].Operands[1].Name), Is.EqualTo((PtxOperandKind.Label, "$L_brx_0")));
        Assert.That(kernel.BranchTables["$L_brx_0"], Is.EqualTo(new[] { 1, 2 }));
        Assert.That(kernel.Labels, Does.Not.ContainKey("$L_brx_0"));
    }

    [Test]
    public void Parse_InstructionsKnowTheirInnermostSourceLine()
    {
        PtxFunction kernel = PtxText.Module(
            """
            .entry k()
            {
                .reg .b32 %r<9>;
                .loc 1 10 0
                mov.u32 %r1, 1;
                .loc 2 15 3, function_name $L__info_string0, inlined_at 1 27 3
                .loc 1 0 5
                mov.u32 %r1, 2;
                .loc 1 30 1, function_name $L__info_string0+8, inlined_at 2 27 3
                ret;
            }
            .file 1 "/a/b.cu"
            .file 2 "common/c.cuh", 1234, 99
            .section .debug_str
            {
            $L__info_string0:
            .b8 95,90,0
            .b64 $L__info_string0-4
            }
            """).Functions["k"];

        Assert.That(
            kernel.Instructions.Select(i => (i.File, i.Line, i.PtxLine)),
            Is.EqualTo(new[] { ("/a/b.cu", 10, 8), ("common/c.cuh", 15, 11), ("/a/b.cu", 30, 13) }));
    }

    [Test]
    public void Parse_InstructionsKnowThePlacesThatTheyWereInlinedAt()
    {
        PtxFunction kernel = PtxText.Module(
            """
            .file 1 "k.cu"
            .file 2 "c.cuh"
            .entry k()
            {
                .reg .b32 %r<9>;
                mov.u32 %r1, 0;
                .loc 1 10 0
                mov.u32 %r1, 1;
                .loc 2 49 3, function_name $L0, inlined_at 1 28 3
                mov.u32 %r1, 2;
                .loc 2 36 34, function_name $L1, inlined_at 2 49 3
                mov.u32 %r1, 3;
                .loc 2 0 3
                mov.u32 %r1, 4;
                .loc 2 49 3, function_name $L0, inlined_at 1 31 3
                .loc 2 36 34, function_name $L1, inlined_at 2 49 3
                .loc 2 12 1, function_name $L2, inlined_at 2 36 34
                mov.u32 %r1, 5;
                .loc 2 12 1, function_name $L2, inlined_at 2 12 1
                mov.u32 %r1, 6;
                .loc 2 50 3, function_name $L2, inlined_at 2 99 1
                mov.u32 %r1, 7;
            }
            """).Functions["k"];

        Assert.That(
            kernel.Instructions.Select(i => (i.Line, i.Place)),
            Is.EqualTo(new[]
            {
                (0, ""),
                (10, "k.cu(10)"),
                (49, "k.cu(28) > c.cuh(49)"),
                (36, "k.cu(28) > c.cuh(49) > c.cuh(36)"),
                (36, "k.cu(28) > c.cuh(49) > c.cuh(36)"),
                (12, "k.cu(31) > c.cuh(49) > c.cuh(36) > c.cuh(12)"),
                (12, "c.cuh(12)"),
                (50, "c.cuh(99) > c.cuh(50)"),
            }));
    }

    [Test]
    public void Parse_LocalAndSharedVariablesAreLaidOut()
    {
        PtxModule module = PtxText.Module(
            """
            .shared .align 4 .b8 outer[6];
            .extern .shared .align 32 .b8 dyn[];
            .shared .b64 unused;
            .func f() { .shared .align 16 .b8 mine[3]; .reg .b64 %rd<3>; mov.u64 %rd1, mine+1; call f, (); ret; }
            .entry k()
            {
                .local .align 16 .b8 __local_depot0[20];
                .local .b64 more;
                .reg .b64 %SP;
                .reg .b64 %SPL;
                mov.u64 %SPL, __local_depot0;
                cvta.local.u64 %SP, %SPL;
                ld.shared.u32 %SP, [outer+4];
                mov.u64 %SP, dyn;
                call.uni f, ();
                .pragma "nounroll";
                ret;
            }
            """);

        PtxFunction kernel = module.Functions["k"];
        Assert.That((kernel.Variables["more"].Offset, kernel.LocalBytes), Is.EqualTo((24, 32)));
        SharedLayout layout = SharedLayout.Of(module, kernel);
        Assert.That(
            layout.Offsets.ToDictionary(pair => pair.Key.Name, pair => pair.Value),
            Is.EquivalentTo(new[] { new { Key = "outer", Value = 0 }, new { Key = "mine", Value = 16 }, new { Key = "dyn", Value = 32 } }
                .ToDictionary(pair => pair.Key, pair => pair.Value)));
        Assert.That((layout.StaticBytes, layout.DynamicOffset), Is.EqualTo((19, 32)));
        PtxInstruction move = module.Functions["f"].Instructions[0];
        Assert.That((move.Operands[1].Name, move.Operands[1].Bits), Is.EqualTo(("mine", 1L)));
    }
}
