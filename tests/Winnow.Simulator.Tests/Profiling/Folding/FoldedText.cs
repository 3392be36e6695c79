using System.Linq;
using Winnow.Simulator.Profiling.Folding;
using Winnow.Simulator.Ptx;
using Winnow.Simulator.Tests.Ptx;

namespace Winnow.Simulator.Tests.Profiling.Folding;

/// <summary>What an assembler should make of a few statements of PTX.</summary>
internal static class FoldedText
{
    /// <summary>The code of a kernel of statements; see <see cref="PtxText.Kernel"/> for its registers.</summary>
    public static MachineCode Code(string statements)
    {
        PtxFunction function = PtxText.Kernel(statements + " ret;");
        return MachineCode.Of(function, function.Instructions);
    }

    /// <summary>How many instructions of the machine each statement becomes, the return behind them left out: <c>1 0 2</c>.</summary>
    public static string Slots(string statements) => string.Join(' ', Code(statements).Costs.ToArray().SkipLast(1).Select(static cost => cost.Slots));
}
