using System;
using System.Globalization;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Profiling;

/// <summary>What a profile counts for an instruction, found once when its kernel is decoded.</summary>
/// <param name="Class">What kind of work it is.</param>
/// <param name="LaneFlops">Floating-point operations for each thread that takes part.</param>
/// <param name="TensorFlops">Operations of tensor cores for each warp.</param>
internal readonly record struct InstructionTraits(InstructionClass Class, int LaneFlops, int TensorFlops)
{
    private const int WarpsOfGroup = 4;

    /// <summary>The traits of an instruction.</summary>
    /// <param name="instruction">The instruction.</param>
    public static InstructionTraits Of(PtxInstruction instruction) => new(ClassOf(instruction), LaneFlopsOf(instruction), TensorFlopsOf(instruction));

    /// <summary>Whether an instruction reads or writes parameters of the function or of a call.</summary>
    /// <param name="instruction">The instruction.</param>
    public static bool IsParameter(PtxInstruction instruction)
        => instruction.Opcode is "ld" or "st" && Array.Exists(instruction.Modifiers, static modifier => modifier is "param" or "param::entry" or "param::func");

    private static InstructionClass ClassOf(PtxInstruction instruction) => instruction.Opcode switch
    {
        "ld" or "st" or "ldu" => MemoryClassOf(instruction),
        "prefetch" or "prefetchu" or "applypriority" or "discard" => InstructionClass.GlobalMemory,
        "ldmatrix" or "stmatrix" or "movmatrix" => InstructionClass.SharedMemory,
        "atom" or "red" => InstructionClass.Atomic,
        "cp" => InstructionClass.AsyncCopy,
        "mma" or "wmma" or "wgmma" => InstructionClass.Tensor,
        "shfl" or "vote" or "match" or "redux" or "activemask" or "elect" => InstructionClass.Warp,
        "bar" or "barrier" or "membar" or "fence" or "mbarrier" => InstructionClass.Barrier,
        "bra" or "brx" or "call" or "ret" or "exit" or "trap" => InstructionClass.Control,
        "mov" or "selp" or "slct" or "cvta" or "isspacep" or "mapa" or "getctarank" => InstructionClass.Move,
        "cvt" => InstructionClass.Conversion,
        "setp" or "set" or "testp" => InstructionClass.Comparison,
        "rcp" or "rsqrt" or "sqrt" or "sin" or "cos" or "ex2" or "lg2" or "tanh" => InstructionClass.Special,
        "div" when FloatBits(instruction) > 0 => InstructionClass.Special,
        _ => ArithmeticClassOf(instruction),
    };

    private static InstructionClass MemoryClassOf(PtxInstruction instruction)
    {
        foreach (string modifier in instruction.Modifiers)
        {
            switch (modifier)
            {
                case "shared" or "shared::cta" or "shared::cluster":
                    return InstructionClass.SharedMemory;
                case "local":
                    return InstructionClass.LocalMemory;
                case "const" or "param" or "param::entry" or "param::func":
                    return InstructionClass.ConstantMemory;
            }
        }

        return InstructionClass.GlobalMemory;
    }

    private static InstructionClass ArithmeticClassOf(PtxInstruction instruction) => FloatBits(instruction) switch
    {
        16 => InstructionClass.Float16,
        32 => InstructionClass.Float32,
        64 => InstructionClass.Float64,
        _ when instruction.Has("pred") => InstructionClass.Comparison,
        _ => Array.Exists(instruction.Modifiers, modifier => PtxType.Bits(modifier) > 0) ? InstructionClass.Integer : InstructionClass.Other,
    };

    private static int LaneFlopsOf(PtxInstruction instruction)
    {
        if (FloatBits(instruction) == 0)
        {
            return 0;
        }

        int flops = instruction.Opcode switch
        {
            "fma" or "mad" => 2,
            "add" or "sub" or "mul" or "div" or "rcp" or "rsqrt" or "sqrt" or "sin" or "cos" or "ex2" or "lg2" or "tanh" => 1,
            _ => 0,
        };
        return instruction.Has("f16x2") || instruction.Has("bf16x2") || instruction.Has("f32x2") ? 2 * flops : flops;
    }

    /// <summary>The width of the floats it computes with; 0 where it computes with something else.</summary>
    private static int FloatBits(PtxInstruction instruction)
    {
        foreach (string modifier in instruction.Modifiers)
        {
            switch (modifier)
            {
                case "f16" or "bf16" or "f16x2" or "bf16x2":
                    return 16;
                case "f32" or "f32x2":
                    return 32;
                case "f64":
                    return 64;
            }
        }

        return 0;
    }

    private static int TensorFlopsOf(PtxInstruction instruction)
    {
        if (instruction.Opcode is not ("mma" or "wmma" or "wgmma"))
        {
            return 0;
        }

        string? shape = Array.Find(instruction.Modifiers, modifier => modifier[0] == 'm' && modifier.Length > 4 && char.IsAsciiDigit(modifier[1]));
        if (shape is null)
        {
            return 0;
        }

        int n = shape.IndexOf('n', StringComparison.Ordinal);
        int k = shape.IndexOf('k', StringComparison.Ordinal);
        int share = instruction.Opcode == "wgmma" ? WarpsOfGroup : 1;
        return n > 0 && k > n ? 2 * Number(shape[1..n]) * Number(shape[(n + 1)..k]) * Number(shape[(k + 1)..]) / share : 0;
    }

    private static int Number(string digits) => int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0;
}
