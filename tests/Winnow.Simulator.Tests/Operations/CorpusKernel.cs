using System.Collections.Generic;
using System.Linq;
using System.Text;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Tests.Operations;

/// <summary>A row of the corpus as PTX.</summary>
internal static class CorpusKernel
{
    private const string Head = ".version 8.4\n.target sm_90\n.address_size 64\n";

    /// <summary>The instructions of a row alone.</summary>
    public static PtxInstruction[] Instructions(CorpusRow row) =>
        [.. PtxModule.Parse($"{Head}.visible .entry k()\n{{\n{Declarations(row)}{row.Text}\n}}\n", "row").Functions["k"].Instructions];

    /// <summary>A module with a kernel for each row: <c>k0</c> and so on.</summary>
    public static string Module(IReadOnlyList<CorpusRow> rows) => Head + string.Concat(rows.Select((row, i) => Whole(row, $"k{i}")));

    /// <summary>A kernel that reads the operands of each thread from arrays, and writes its result to one.</summary>
    private static string Whole(CorpusRow row, string kernel)
    {
        StringBuilder text = new($".visible .entry {kernel}(.param .u64 d, .param .u64 a, .param .u64 b, .param .u64 c)\n{{\n{Declarations(row)}");
        text.Append(".reg .b64 %at<4>;\n.reg .b64 %offset;\n.reg .b32 %thread;\nmov.u32 %thread, %tid.x;\nmul.wide.u32 %offset, %thread, 8;\n");
        foreach ((string name, int i) in new[] { "d", "a", "b", "c" }.Select((name, i) => (name, i)))
        {
            text.Append($"ld.param.u64 %at{i}, [{name}];\nadd.s64 %at{i}, %at{i}, %offset;\n");
        }

        for (int i = 0; i < row.Inputs.Length; i++)
        {
            text.Append($"ld.global.b{Values.BitsOf(row.Inputs[i])} %{"abc"[i]}, [%at{i + 1}];\n");
        }

        text.Append(row.Text).Append($"\nst.global.b{Values.BitsOf(row.D)} [%at0], %d;\nret;\n}}\n");
        return text.ToString();
    }

    private static string Declarations(CorpusRow row)
    {
        StringBuilder text = new($".reg .b{Values.BitsOf(row.D)} %d;\n");
        for (int i = 0; i < row.Inputs.Length; i++)
        {
            text.Append($".reg .b{Values.BitsOf(row.Inputs[i])} %{"abc"[i]};\n");
        }

        return text.Append(".reg .pred %p<4>;\n.reg .b16 %h<4>;\n.reg .b32 %r<4>;\n.reg .b64 %w<4>;\n").ToString();
    }
}
