using System.Linq;
using NUnit.Framework;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Tests.Ptx;

public sealed class PtxOperandTests
{
    [TestCase("31", 31L)]
    [TestCase("-2147483648", -2147483648L)]
    [TestCase("0x7fff", 0x7FFFL)]
    [TestCase("0XFFFFFFFFFFFFFFFF", -1L)]
    [TestCase("0xFFU", 255L)]
    [TestCase("12U", 12L)]
    [TestCase("017", 15L)]
    [TestCase("0b101", 5L)]
    [TestCase("0", 0L)]
    [TestCase("+-1024", -1024L)]
    [TestCase("WARP_SZ", 32L)]
    [TestCase("WARP_SZ - 1", 31L)]
    [TestCase("(1 << 4) | 3 * 2", 22L)]
    [TestCase("~0", -1L)]
    [TestCase("!3", 0L)]
    [TestCase("(.s64) 7 / 2", 3L)]
    [TestCase("2 > 1 ? 5 : 6", 5L)]
    [TestCase("10 - 3 - 2", 5L)]
    public void Parse_IntegerHasItsValue(string text, long expected)
    {
        PtxOperand operand = PtxText.Instruction($"mov.b64 %rd1, {text};").Operands[1];

        Assert.That(operand.Kind, Is.EqualTo(PtxOperandKind.Immediate));
        Assert.That(operand.Bits, Is.EqualTo(expected));
        Assert.That(operand.IsFloat, Is.False);
    }

    [TestCase("0f3F800000", 0x3F800000L, false)]
    [TestCase("0fFF800000", 0xFF800000L, false)]
    [TestCase("-0f3F800000", 0xBF800000L, false)]
    [TestCase("0d3FF0000000000000", 0x3FF0000000000000L, true)]
    [TestCase("0DBFF0000000000000", unchecked((long)0xBFF0000000000000UL), true)]
    [TestCase("0.5", 0x3FE0000000000000L, true)]
    [TestCase("5.0e-1", 0x3FE0000000000000L, true)]
    public void Parse_FloatHasItsBits(string text, long bits, bool isDouble)
    {
        PtxOperand operand = PtxText.Instruction($"mov.f64 %fd1, {text};").Operands[1];

        Assert.That((operand.IsFloat, operand.IsDouble, operand.Bits), Is.EqualTo((true, isDouble, bits)));
    }

    [TestCase("[%rd1]", "%rd1", 0L)]
    [TestCase("[%rd1+16]", "%rd1", 16L)]
    [TestCase("[%rd1+-1024]", "%rd1", -1024L)]
    [TestCase("[%rd1 - 8]", "%rd1", -8L)]
    [TestCase("[k_param_0]", "k_param_0", 0L)]
    [TestCase("[k_param_0+4]", "k_param_0", 4L)]
    [TestCase("[256]", "", 256L)]
    public void Parse_AddressHasBaseAndOffset(string text, string name, long offset)
    {
        PtxOperand operand = PtxText.Instruction($"ld.u32 %r1, {text};").Operands[1];

        Assert.That((operand.Kind, operand.Name, operand.Bits), Is.EqualTo((PtxOperandKind.Address, name, offset)));
        Assert.That(operand.HasRegisterBase, Is.EqualTo(name.StartsWith('%')));
    }

    [Test]
    public void Parse_TensorAddressHoldsCoordinates()
    {
        PtxInstruction instruction = PtxText.Instruction(
            "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%r1], [%rd1, {%r2, %r3}], [%r4];");

        Assert.That(instruction.Opcode, Is.EqualTo("cp"));
        Assert.That(
            instruction.Modifiers,
            Is.EqualTo(new[] { "async", "bulk", "tensor", "2d", "shared::cluster", "global", "mbarrier::complete_tx::bytes" }));
        Assert.That(instruction.Operands[1].Parts.Select(part => part.Name), Is.EqualTo(new[] { "%r2", "%r3" }));
        Assert.That(instruction.Operands, Has.Length.EqualTo(3));
    }

    [Test]
    public void Parse_VectorHoldsItsParts()
    {
        PtxInstruction instruction = PtxText.Instruction("ld.global.L1::no_allocate.v4.f32 {%f1, _, %f3, %f4}, [%rd1];");

        Assert.That(instruction.Has("L1::no_allocate"), Is.True);
        Assert.That(instruction.Operands[0].Kind, Is.EqualTo(PtxOperandKind.Vector));
        Assert.That(instruction.Operands[0].IsPair, Is.False);
        Assert.That(
            instruction.Operands[0].Parts.Select(part => part.Kind),
            Is.EqualTo(new[] { PtxOperandKind.Register, PtxOperandKind.Sink, PtxOperandKind.Register, PtxOperandKind.Register }));
    }

    [TestCase("shfl.sync.bfly.b32 %r1|%p1, %r2, 16, 31, -1;", false)]
    [TestCase("elect.sync _|%p1, -1;", true)]
    public void Parse_PairHoldsDestinationAndPredicate(string text, bool isSink)
    {
        PtxOperand operand = PtxText.Instruction(text).Operands[0];

        Assert.That(operand.IsPair, Is.True);
        Assert.That(operand.Parts[0].Kind, Is.EqualTo(isSink ? PtxOperandKind.Sink : PtxOperandKind.Register));
        Assert.That(operand.Parts[1].Name, Is.EqualTo("%p1"));
    }

    [Test]
    public void Parse_NegatedPredicateIsMarked()
    {
        PtxInstruction instruction = PtxText.Instruction("@!%p2 setp.lt.and.s32 %p1|%p3, %r1, %r2, !%p4;");

        Assert.That((instruction.Guard, instruction.GuardNegated), Is.EqualTo(("%p2", true)));
        Assert.That((instruction.Operands[3].Name, instruction.Operands[3].Negated), Is.EqualTo(("%p4", true)));
        Assert.That(instruction.Operands[1].Negated, Is.False);
    }

    [TestCase("%tid.x")]
    [TestCase("%nctaid.z")]
    [TestCase("%laneid")]
    [TestCase("%lanemask_lt")]
    [TestCase("%clock64")]
    [TestCase("%envreg3")]
    public void Parse_SpecialRegisterKeepsItsName(string name)
    {
        PtxFunction kernel = PtxText.Kernel($"mov.u32 %r1, {name};");

        PtxOperand operand = kernel.Instructions[0].Operands[1];
        Assert.That((operand.Kind, operand.Name), Is.EqualTo((PtxOperandKind.Register, name)));
        Assert.That(kernel.Registers.Keys, Is.EqualTo(new[] { "%r1" }));
    }

    [TestCase("mov.u32 %r1, %r99;", "no register %r99")]
    [TestCase("mov.u32 %r1, %tid.q;", "no register %tid.q")]
    [TestCase("mov.u32 %r1, nothing;", "'nothing' is not declared")]
    [TestCase("mov.u32 %r1, %r2.x;", "parts of registers")]
    [TestCase("mov.u32 %r1, 1 / 0;", "divided by zero")]
    [TestCase("mov.u32 %r1, 09;", "expected a number")]
    [TestCase("mov.u32 %r1, 0x1FFFFFFFFFFFFFFFF;", "expected a number")]
    [TestCase("mov.u32 %r1, %r2", "expected ';'")]
    [TestCase("@%r1 bra $L;", "no predicate")]
    [TestCase("bra $L;", "no label '$L'")]
    [TestCase("bra;", "expected a label")]
    [TestCase("brx.idx %r1;", "expected a table")]
    [TestCase("A: ret; brx.idx %r1, A;", "no label 'A'")]
    [TestCase("A: .branchtargets A; bra A;", "no label 'A'")]
    [TestCase("$L: ret; $L: ret;", "declared twice")]
    [TestCase("mov.u32 %r1, \"text;", "not closed")]
    [TestCase("/* mov.u32 %r1, 1;", "not closed")]
    [TestCase("mov.u32 %r1, ä;", "U+00E4")]
    [TestCase("{ call (k_param_0), %rd1, (k_param_1); }", "function pointers")]
    [TestCase("proto: .callprototype ()_ (.param .b32 x);", "function pointers")]
    [TestCase(".reg .v2 .b32 x;", "vectors of registers")]
    [TestCase(".shared .align 3 .b8 x[4];", "power of two")]
    [TestCase(".local .b8 x[];", "no size")]
    [TestCase(".local .b32 x[99999999999];", "is not the size of an array")]
    [TestCase(".local .b32 x[65536][65536];", "too large")]
    public void Parse_WrongStatementSaysWhatAndWhere(string statement, string problem)
    {
        PtxParseException exception = Assert.Throws<PtxParseException>(() => PtxText.Kernel("ret;\n" + statement))!;

        Assert.That(exception.Message, Does.Contain(problem));
        Assert.That(exception.Message, Does.StartWith("test.cu: line "));
        Assert.That(exception.Line, Is.InRange(13, 14));
    }
}
