using System.Linq;
using NUnit.Framework;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Tests.Ptx;

public sealed class PtxModuleTests
{
    [Test]
    public void Parse_HeadGivesVersionAndTarget()
    {
        PtxModule module = PtxModule.Parse("// comment\n.version 8.4 /* two\nlines */ .target sm_90a, debug\n.address_size 64\0", "x.cu");

        Assert.That((module.Name, module.Version, module.Target, module.AddressSize), Is.EqualTo(("x.cu", "8.4", "sm_90a", 64)));
    }

    [TestCase("", "no .version")]
    [TestCase("\u007fELF", "has no meaning")]
    [TestCase(".version 8.4\n.target sm_80\n.address_size 32", "64 bits")]
    [TestCase(".version 8.4\n.texref t;", "'.texref'")]
    [TestCase(".version 8.4\n.global .b32 x;\n.global .b32 x;", "'x' is declared twice")]
    [TestCase(".version 8.4\n.entry k() { ret; }\n.entry k() { ret; }", "'k' is defined twice")]
    [TestCase(".version 8.4\n.entry k() { ret;", "'}'")]
    [TestCase(".version 8.4\n.func f(.reg .b32 x) { ret; }", "parameters in registers")]
    [TestCase(".version 8.4\n.global .b8 x[2] = {1, 2, 3};", "exceeds")]
    [TestCase(".version 8.4\n.section .debug_str { .b8 1", "not closed")]
    public void Parse_WrongTextSaysWhat(string text, string problem)
        => Assert.That(() => PtxModule.Parse(text, "x.cu"), Throws.TypeOf<PtxParseException>().With.Message.Contains(problem));

    [Test]
    public void Parse_VariablesHaveSizesAndInitialBytes()
    {
        PtxModule module = PtxText.Module(
            """
            .const .align 4 .b8 table[16] = {0, 0, 128, 63, 0, 0, 0, 64};
            .global .align 4 .u32 counter;
            .visible .global .f32 half = 0.5;
            .global .f64 pi = 0d400921FB54442D18;
            .global .b16 words[] = {1, -1, 0x1234};
            .global .u32 grid[2][3] = {{1, 2}, {4, 5, 6}};
            .global .v4 .f32 vectors[2];
            .extern .shared .align 16 .b8 dyn[];
            .weak .global .align 8 .b8 a[8], b[4] = {9};
            """);

        Assert.That(module.Variables["table"].Initial, Is.EqualTo(new byte[] { 0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 0, 0, 0, 0, 0, 0 }));
        Assert.That(module.Variables["counter"].Initial, Is.Null);
        Assert.That(module.Variables["half"].Initial, Is.EqualTo(new byte[] { 0, 0, 0, 63 }));
        Assert.That(module.Variables["pi"].Initial, Is.EqualTo(new byte[] { 0x18, 0x2D, 0x44, 0x54, 0xFB, 0x21, 0x09, 0x40 }));
        Assert.That(module.Variables["words"].Initial, Is.EqualTo(new byte[] { 1, 0, 255, 255, 0x34, 0x12 }));
        Assert.That(module.Variables["grid"].Initial!.Where((_, i) => i % 4 == 0), Is.EqualTo(new byte[] { 1, 2, 0, 4, 5, 6 }));
        Assert.That((module.Variables["vectors"].Bytes, module.Variables["vectors"].Alignment), Is.EqualTo((32, 16)));
        Assert.That((module.Variables["dyn"].IsDynamic, module.Variables["dyn"].Space), Is.EqualTo((true, PtxSpace.Shared)));
        Assert.That((module.Variables["a"].Bytes, module.Variables["b"].Bytes, module.Variables["b"].Alignment), Is.EqualTo((8, 4, 8)));
    }

    [Test]
    public void Parse_AddressesInInitialValuesBecomeRelocations()
    {
        PtxModule module = PtxText.Module(
            """
            .global .align 1 .b8 $str[3] = {97, 98};
            .global .align 8 .u64 names[3] = {generic($str), $str+2, 5};
            .global .align 8 .b8 packed[3] = {7, 0xFF(generic($str+1)), 0XFF00(generic($str)+1)};
            """);

        Assert.That(
            module.Variables["names"].Relocations,
            Is.EqualTo(new[] { new PtxRelocation(0, 8, "$str", 0, true, 0), new PtxRelocation(8, 8, "$str", 2, false, 0) }));
        Assert.That(module.Variables["names"].Initial![16], Is.EqualTo(5));
        Assert.That(
            module.Variables["packed"].Relocations,
            Is.EqualTo(new[] { new PtxRelocation(1, 1, "$str", 1, true, 0), new PtxRelocation(2, 1, "$str", 1, true, 8) }));
    }

    [Test]
    public void Parse_KernelParametersLieAsInTheArgumentBlock()
    {
        PtxModule module = PtxText.Module(
            """
            .visible .entry k(
                .param .u32 a,
                .param .u64 .ptr .global .align 16 b,
                .param .b8 c,
                .param .align 16 .b8 d[20],
                .param .align 4 .b8 e[6])
            .maxntid 256, 2, 1
            .minnctapersm 2
            .maxnreg 64
            { ret; }
            """);

        PtxFunction kernel = module.Functions["k"];
        Assert.That(kernel.Parameters.Select(parameter => parameter.Offset), Is.EqualTo(new[] { 0, 8, 16, 32, 52 }));
        Assert.That(kernel.Parameters.Select(parameter => parameter.Bytes), Is.EqualTo(new[] { 4, 8, 1, 20, 6 }));
        Assert.That((kernel.ParameterBytes, kernel.FrameBytes), Is.EqualTo((58, 58)));
        Assert.That((kernel.IsEntry, kernel.MaxThreads), Is.EqualTo((true, 512)));
        Assert.That(kernel.Directives["minnctapersm"], Is.EqualTo(new[] { 2 }));
        Assert.That(kernel.Directives["maxnreg"], Is.EqualTo(new[] { 64 }));
    }

    [Test]
    public void Parse_CallSequencesHaveParametersOfTheirOwn()
    {
        PtxModule module = PtxText.Module(
            """
            .extern .func (.param .b32 func_retval0) vprintf (.param .b64 vprintf_param_0, .param .b64 vprintf_param_1)
            ;
            .func (.param .align 8 .b8 func_retval0[16]) f(.param .b32 f_param_0) .noreturn ;
            .visible .entry k()
            {
                .reg .b32 %r<9>;
                { // callseq 0, 0
                .reg .b32 temp_param_reg;
                .param .b32 param0;
                st.param.b32 [param0+0], %r1;
                .param .align 8 .b8 retval0[16];
                call.uni (retval0),
                f,
                (
                param0
                );
                ld.param.b32 %r2, [retval0+8];
                }
                {
                .param .b64 param0;
                .param .b32 retval0;
                call (retval0), vprintf, (param0, param0);
                }
                call.uni g, ();
                call g;
                ret;
            }
            """.Replace(".visible .entry k()", ".func g() { ret; }\n.visible .entry k()"));

        PtxFunction kernel = module.Functions["k"];
        PtxInstruction call = kernel.Instructions[1];
        Assert.That(call.Text, Is.EqualTo("call.uni (retval0), f, ( param0 )"));
        Assert.That(call.Operands[0].Parts.Single().Name, Is.EqualTo("retval0#1"));
        Assert.That((call.Operands[1].Kind, call.Operands[1].Name), Is.EqualTo((PtxOperandKind.Symbol, "f")));
        Assert.That(call.Operands[2].Parts.Single().Name, Is.EqualTo("param0#1"));
        Assert.That(kernel.Instructions[2].Operands[1].Name, Is.EqualTo("retval0#1"));
        Assert.That(kernel.Variables["param0#2"].Bytes, Is.EqualTo(8));
        Assert.That(kernel.Variables["param0#2"].Offset, Is.EqualTo(24));
        Assert.That(kernel.FrameBytes, Is.EqualTo(36));
        Assert.That(kernel.Instructions[3].Operands[2].Parts, Has.Length.EqualTo(2));
        Assert.That(kernel.Instructions[4].Operands.Select(operand => operand.Parts.Length), Is.EqualTo(new[] { 0, 0, 0 }));
        Assert.That(kernel.Instructions[5].Operands[1].Name, Is.EqualTo("g"));
        Assert.That(module.Functions.Keys, Is.EquivalentTo(new[] { "g", "k" }));
    }
}
