using System;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Profiling.Folding;

/// <summary>What the rules ask of an instruction.</summary>
internal static class Kinds
{
    /// <summary>The width of the whole numbers or bits that an instruction computes with; 0 where it computes with something else.</summary>
    public static int IntegerBits(PtxInstruction instruction) => instruction.Modifiers.Length == 0 ? 0 : instruction.Modifiers[^1] switch
    {
        "s16" or "u16" or "b16" => 16,
        "s32" or "u32" or "b32" => 32,
        "s64" or "u64" or "b64" => 64,
        _ => 0,
    };

    /// <summary>Whether it adds or subtracts whole numbers of some bits, without a carry.</summary>
    public static bool IsSum(PtxInstruction instruction, int bits)
        => instruction.Opcode is "add" or "sub" && IntegerBits(instruction) == bits && !instruction.Has("cc") && !instruction.Has("sat");

    /// <summary>Whether it is a function of the bits of two operands, or of one.</summary>
    public static bool IsLogic(PtxInstruction instruction) => instruction.Opcode is "and" or "or" or "xor" or "not" && IntegerBits(instruction) > 0;

    /// <summary>Whether it shifts by a number.</summary>
    public static bool IsShift(PtxInstruction instruction, string opcode, int bits)
        => instruction.Opcode == opcode && IntegerBits(instruction) == bits && instruction.Operands[2].Kind == PtxOperandKind.Immediate;

    /// <summary>What is no part of a thread's arithmetic and memory: it is not given a predicate in the place of a branch, nor unrolled.</summary>
    public static bool IsFixed(PtxInstruction instruction) => instruction.Opcode switch
    {
        "bra" or "brx" or "call" or "ret" or "exit" or "trap" or "bar" or "barrier" or "membar" or "fence" or "mbarrier" or "griddepcontrol" or "wgmma" or "setmaxnreg" => true,
        "shfl" or "vote" or "match" or "redux" or "activemask" or "elect" or "mma" or "wmma" or "ldmatrix" or "stmatrix" or "movmatrix" => true,
        "cp" => instruction.Has("bulk"),
        _ => false,
    };

    /// <summary>Whether it computes with 32-bit floats.</summary>
    public static bool IsSingle(PtxInstruction instruction) => instruction.Modifiers.Length > 0 && instruction.Modifiers[^1] == "f32";

    /// <summary>The types of a conversion; empty where it has others than two.</summary>
    public static (string To, string From) Conversion(PtxInstruction instruction)
    {
        string[] types = Array.FindAll(instruction.Modifiers, static modifier => PtxType.Bits(modifier) > 0);
        return instruction.Opcode == "cvt" && types is [var to, var from] ? (to, from) : ("", "");
    }
}
