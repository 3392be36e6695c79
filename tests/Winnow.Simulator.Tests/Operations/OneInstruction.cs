using NUnit.Framework;
using Winnow.Simulator.Execution;
using Winnow.Simulator.Operations;
using Winnow.Simulator.Tests.Ptx;

namespace Winnow.Simulator.Tests.Operations;

/// <summary>Decodes and runs single instructions on a warp of the test's own.</summary>
internal static class OneInstruction
{
    /// <summary>Runs an instruction; the registers are those of <see cref="PtxText"/>.</summary>
    public static void Run(TestWarp warp, string text, uint lanes = uint.MaxValue, bool isHopper = false)
    {
        Operation? operation = OperationDecoder.Decode(PtxText.Instruction(text), warp, isHopper);
        Assert.That(operation, Is.Not.Null, $"{text} was refused");
        operation!.Execute(warp.Warp, lanes);
    }

    /// <summary>Whether the decoder takes an instruction.</summary>
    public static bool IsKnown(string text)
    {
        using TestWarp warp = new();
        return OperationDecoder.Decode(PtxText.Instruction(text), warp) is not null;
    }
}
