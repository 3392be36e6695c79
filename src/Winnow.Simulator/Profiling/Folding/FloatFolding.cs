using System.Collections.Generic;
using System.Linq;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Profiling.Folding;

/// <summary>
/// Floats: signs and absolute values are part of the operand, products that are added without a rounding that was asked for become fused, and two numbers are rounded to 16 bits and put into
/// one register by one instruction (<c>F2FP</c>).
/// </summary>
internal static class FloatFolding
{
    /// <summary>Applies the rule.</summary>
    public static void Apply(MachineCode code)
    {
        for (int i = 0; i < code.Instructions.Length; i++)
        {
            PtxInstruction instruction = code.Instructions[i];
            IReadOnlyList<RegisterUse> readers = code.ReadersOf(i);
            bool isPart = readers.Count > 0 && instruction.Opcode switch
            {
                "neg" or "abs" when Kinds.IsSingle(instruction) => readers.All(use => TakesSign(code.Instructions[use.Instruction])),
                "mul" when IsFree(instruction) => readers.All(use => code.Instructions[use.Instruction] is { Opcode: "add" or "sub" } sum && IsFree(sum)),
                "cvt" when Kinds.Conversion(instruction) is ("f16" or "bf16", "f32") => readers.Count == 1 && IsPack(code, code.Instructions[readers[0].Instruction]),
                _ => false,
            };
            if (isPart)
            {
                code.Fold(i);
            }
        }
    }

    private static bool TakesSign(PtxInstruction reader)
        => Kinds.IsSingle(reader) && reader.Opcode is "add" or "sub" or "mul" or "fma" or "min" or "max" or "setp" or "selp";

    /// <summary>Whether a sum or a product of floats leaves its rounding to the assembler.</summary>
    private static bool IsFree(PtxInstruction instruction)
        => Kinds.IsSingle(instruction) && !System.Array.Exists(instruction.Modifiers, static modifier => modifier is "rn" or "rz" or "rm" or "rp" or "sat");

    /// <summary>Whether an instruction puts two numbers together that were both rounded to 16 bits.</summary>
    private static bool IsPack(MachineCode code, PtxInstruction move)
        => move is { Opcode: "mov", Operands: [_, { Parts: [var low, var high] }] } && IsRounded(code, low) && IsRounded(code, high);

    private static bool IsRounded(MachineCode code, PtxOperand half)
        => code.WriterOf(half) is var writer and >= 0 && Kinds.Conversion(code.Instructions[writer]) is ("f16" or "bf16", "f32");
}
