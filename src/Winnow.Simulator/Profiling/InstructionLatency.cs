using System;
using Winnow.Simulator.Profiling.Folding;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Profiling;

/// <summary>Which entry of a table an instruction takes.</summary>
/// <param name="table">The table.</param>
internal sealed class InstructionLatency(LatencyTable table)
{
    // 4096 operations of 16-bit floats a clock and multiprocessor, of which each of four warps has a quarter.
    private const int ShortFlops = 1024;

    // What mma.m16n8k8 computes; smaller products take half the time of m16n8k16.
    private const int SmallProduct = 2 * 16 * 8 * 8;

    /// <summary>Clocks until the results of an instruction are there, and what takes them; of memory where it turns out to be neither global nor shared.</summary>
    public (int Clocks, PathPart Part) Of(PtxInstruction instruction)
    {
        InstructionTraits traits = InstructionTraits.Of(instruction);
        return traits.Class switch
        {
            InstructionClass.Move => (MoveOf(instruction), PathPart.Arithmetic),
            InstructionClass.Conversion => ConversionOf(instruction),
            InstructionClass.Float16 => (table.Half, PathPart.Arithmetic),
            InstructionClass.Float64 => (table.Double, PathPart.Arithmetic),
            InstructionClass.Special => (table.Special, PathPart.Special),
            InstructionClass.Integer when instruction.Opcode is "popc" or "clz" or "bfind" or "brev" => (table.Special, PathPart.Special),
            InstructionClass.Tensor => (ProductOf(instruction, traits.TensorFlops), PathPart.Tensor),
            InstructionClass.Warp when instruction.Opcode is "shfl" or "match" or "redux" => (table.Shuffle, PathPart.Special),
            InstructionClass.ConstantMemory => (InstructionTraits.IsParameter(instruction) ? 0 : table.L1, PathPart.Cache),
            InstructionClass.LocalMemory or InstructionClass.GlobalMemory => (table.L1, PathPart.Cache),
            InstructionClass.SharedMemory or InstructionClass.Atomic => (table.Shared, PathPart.SharedMemory),
            InstructionClass.Barrier => (instruction.Opcode is "membar" or "fence" ? FenceOf(instruction) : table.Shared, PathPart.Barrier),
            InstructionClass.AsyncCopy or InstructionClass.Control => (0, PathPart.Arithmetic),
            _ => (table.Arithmetic, PathPart.Arithmetic),
        };
    }

    /// <summary>The same for what an assembler makes of it.</summary>
    public (int Clocks, PathPart Part) Of(PtxInstruction instruction, MachineCost cost) => cost switch
    {
        { Slots: 0 } => (0, PathPart.Arithmetic),
        { Steps: 0, SpecialSteps: 0 } => Of(instruction),
        _ => ((cost.Steps * table.Arithmetic) + (cost.SpecialSteps * table.Special), cost.SpecialSteps > 0 ? PathPart.Special : PathPart.Arithmetic),
    };

    /// <summary>Between registers an assembler renames; halves of a register it has to move.</summary>
    private int MoveOf(PtxInstruction instruction) => instruction.Opcode switch
    {
        "mov" => Array.Exists(instruction.Operands, static operand => operand.Parts.Length > 0) && instruction.Has("b32") ? table.Arithmetic : 0,
        "cvta" => 0,
        _ => table.Arithmetic,
    };

    private (int Clocks, PathPart Part) ConversionOf(PtxInstruction instruction)
    {
        string[] types = Array.FindAll(instruction.Modifiers, static modifier => PtxType.Bits(modifier) > 0);
        bool isFloat = Array.Exists(types, static type => type[0] is 'f' or 'e' or 't' || type.StartsWith("bf", StringComparison.Ordinal));
        bool isInteger = Array.Exists(types, static type => type[0] is 's' or 'u' or 'b' && !type.StartsWith("bf", StringComparison.Ordinal));
        return (isFloat, isInteger) switch
        {
            // Whole numbers of 32 bits become floats of 32 beside the special function unit.
            (true, true) when types is ["f32", "s32" or "u32"] => (table.Arithmetic, PathPart.Arithmetic),
            (true, true) => (table.Special, PathPart.Special),
            (true, false) => (table.Half, PathPart.Arithmetic),

            // The lower half of a register is there already.
            _ when types is [var to, var from] && PtxType.Bits(to) < PtxType.Bits(from) && !instruction.Has("sat") => (0, PathPart.Arithmetic),
            _ => (table.Arithmetic, PathPart.Arithmetic),
        };
    }

    private int ProductOf(PtxInstruction instruction, int flops)
    {
        if (instruction.Opcode != "wgmma")
        {
            return flops <= SmallProduct ? (table.Matrix + 1) / 2 : table.Matrix;
        }

        int rate = instruction switch
        {
            _ when instruction.Has("tf32") => ShortFlops / 2,
            _ when instruction.Has("f16") || instruction.Has("bf16") => instruction.Has("e4m3") || instruction.Has("e5m2") ? 2 * ShortFlops : ShortFlops,
            _ => 2 * ShortFlops,
        };
        return flops / rate;
    }

    /// <summary>A fence for other blocks waits until what was written has come to where they look; one for the block does not.</summary>
    private int FenceOf(PtxInstruction instruction)
        => Array.Exists(instruction.Modifiers, static modifier => modifier is "gl" or "sys" or "gpu") ? table.L2 : 0;
}
