using System;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Profiling.Folding;

/// <summary>
/// Whole numbers that are the same for all threads of a block, because only arguments, numbers and the place of the block are in them: the machine computes them beside its lanes, once for a warp.
/// What loops carry is not among them.
/// </summary>
internal static class UniformValues
{
    /// <summary>Applies the rule.</summary>
    public static void Apply(MachineCode code)
    {
        // Registers are written before they are read, so that one pass finds all but those of loops.
        for (int i = 0; i < code.Instructions.Length; i++)
        {
            code.IsUniform[i] = IsUniform(code, i);
        }
    }

    private static bool IsUniform(MachineCode code, int instruction)
    {
        PtxInstruction source = code.Instructions[instruction];
        bool isKind = source.Opcode switch
        {
            "ld" => InstructionTraits.IsParameter(source) && code.Function.IsEntry,
            "mov" or "cvta" or "cvt" or "add" or "sub" or "mul" or "mad" or "shl" or "shr" or "and" or "or" or "xor" or "not" or "setp" or "selp" => !IsFloat(source),
            _ => false,
        };
        return isKind && source.Guard is null && source.Operands is [{ Kind: PtxOperandKind.Register } result, ..] && code.Uses.WriterOf(result.Name) == instruction
            && Array.TrueForAll(source.Operands[1..], operand => IsSame(code, operand));
    }

    private static bool IsSame(MachineCode code, PtxOperand operand) => operand.Kind switch
    {
        PtxOperandKind.Immediate or PtxOperandKind.Symbol => true,
        PtxOperandKind.Address => !operand.HasRegisterBase,
        PtxOperandKind.Register when code.Function.Registers.ContainsKey(operand.Name) => code.WriterOf(operand) is var writer and >= 0 && code.IsUniform[writer],
        PtxOperandKind.Register => operand.Name.StartsWith("%ctaid", StringComparison.Ordinal) || operand.Name.StartsWith("%nctaid", StringComparison.Ordinal)
            || operand.Name.StartsWith("%ntid", StringComparison.Ordinal) || operand.Name.StartsWith("%cluster", StringComparison.Ordinal),
        PtxOperandKind.Vector => Array.TrueForAll(operand.Parts, part => IsSame(code, part)),
        _ => false,
    };

    private static bool IsFloat(PtxInstruction instruction) => Array.Exists(instruction.Modifiers, static modifier => PtxType.IsFloat(modifier) || modifier is "f16x2" or "bf16x2");
}
