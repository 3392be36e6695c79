using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Tests.Ptx;

/// <summary>Short PTX for tests.</summary>
internal static class PtxText
{
    public const string Head = ".version 8.4\n.target sm_80\n.address_size 64\n";

    /// <summary>A module of given text.</summary>
    public static PtxModule Module(string text) => PtxModule.Parse(Head + text, "test.cu");

    /// <summary>A kernel of given statements, with the usual registers declared.</summary>
    public static PtxFunction Kernel(string statements) => Module(
        ".visible .entry k(.param .u64 k_param_0, .param .u32 k_param_1)\n{\n.reg .pred %p<9>;\n.reg .b16 %rs<9>;\n.reg .b32 %r<99>;\n"
            + ".reg .f32 %f<99>;\n.reg .b64 %rd<99>;\n.reg .f64 %fd<9>;\n" + statements + "\n}\n").Functions["k"];

    /// <summary>The first operand of a kernel that consists of one instruction.</summary>
    public static PtxInstruction Instruction(string statement) => Kernel(statement).Instructions[0];
}
