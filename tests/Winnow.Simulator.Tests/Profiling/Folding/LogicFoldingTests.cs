using NUnit.Framework;

namespace Winnow.Simulator.Tests.Profiling.Folding;

/// <summary>Logic of three inputs is one instruction, and comparisons take predicates in.</summary>
public sealed class LogicFoldingTests
{
    [TestCase("and.b32 %r1, %r7, %r8; or.b32 %r2, %r1, %r9;", "0 1")]
    [TestCase("and.b32 %r1, %r7, 15; or.b32 %r2, %r1, 16;", "0 1")]
    [TestCase("and.b32 %r1, %r6, %r7; and.b32 %r2, %r8, %r9; or.b32 %r3, %r1, %r2;", "0 1 1")]
    [TestCase("and.b32 %r1, %r7, %r8; or.b32 %r2, %r1, %r9; xor.b32 %r3, %r2, %r7;", "0 0 1")]
    [TestCase("and.b32 %r1, %r7, %r8; or.b32 %r2, %r1, %r9; xor.b32 %r3, %r1, %r6;", "1 1 1")]
    [TestCase("xor.b32 %r1, %r7, %r8; not.b32 %r2, %r1;", "0 1")]
    [TestCase("and.b64 %rd1, %rd7, %rd8; or.b64 %rd2, %rd1, %rd9;", "0 2")]
    [TestCase("and.b32 %r1, %r7, 1; setp.eq.s32 %p1, %r1, 0; selp.b32 %r2, %r7, %r8, %p1;", "1 0 1")]
    [TestCase("and.b32 %r1, %r7, 1; setp.eq.s32 %p1, %r1, 0; selp.b32 %r2, %r1, %r8, %p1;", "1 1 1")]
    [TestCase("and.b32 %r1, %r7, 1; setp.gt.s32 %p1, %r1, 0; selp.b32 %r2, %r7, %r8, %p1;", "1 1 1")]
    [TestCase("setp.lt.s32 %p1, %r1, %r2; setp.gt.s32 %p2, %r3, %r4; and.pred %p3, %p1, %p2;", "1 1 0")]
    [TestCase("setp.lt.s32 %p1, %r1, %r2; setp.gt.s32 %p2, %r3, %r4; and.pred %p3, %p1, %p2; or.pred %p4, %p3, %p8;", "1 1 0 1")]
    [TestCase("and.pred %p3, %p7, %p8; not.pred %p4, %p3;", "1 0")]
    public void Apply_FoldsLogic(string statements, string slots) => Assert.That(FoldedText.Slots(statements), Is.EqualTo(slots));
}
