using System;
using System.Collections.Generic;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Profiling.Folding;

/// <summary>
/// What only names something that is there: copies of registers, numbers, which instructions hold, arguments, which they find in the bank of constants, halves of registers, of which
/// instructions take either, addresses of another space, conversions that drop or add zeros.
/// </summary>
internal static class CopyFolding
{
    /// <summary>Applies the rule.</summary>
    public static void Apply(MachineCode code)
    {
        HashSet<string> read = new(StringComparer.Ordinal);
        for (int i = 0; i < code.Instructions.Length; i++)
        {
            PtxInstruction instruction = code.Instructions[i];
            bool isCopy = instruction.Opcode switch
            {
                "mov" => instruction.Guard is null && IsCopy(code, i, read),
                "cvta" => true,
                "cvt" => IsThere(code, instruction),
                "ld" or "st" => InstructionTraits.IsParameter(instruction),
                _ => false,
            };
            if (isCopy)
            {
                code.Fold(i);
            }
        }
    }

    private static bool IsCopy(MachineCode code, int instruction, HashSet<string> read)
    {
        PtxInstruction move = code.Instructions[instruction];
        (PtxOperand to, PtxOperand from) = (move.Operands[0], move.Operands[1]);
        return from switch
        {
            // Registers are moved into pairs where they are computed; halves have to be put together.
            { Parts.Length: > 0 } => !move.Has("b32"),
            _ when to.Parts.Length > 0 => true,

            // Of special registers the first who reads them does for all.
            { Kind: PtxOperandKind.Register } => code.Function.Registers.ContainsKey(from.Name) || !read.Add(from.Name),

            // A number that several ways bring has to be in the register.
            _ => code.Uses.WriterOf(to.Name) == instruction,
        };
    }

    private static bool IsThere(MachineCode code, PtxInstruction conversion)
    {
        (string to, string from) = Kinds.Conversion(conversion);
        if (!IsInteger(to) || !IsInteger(from) || conversion.Has("sat"))
        {
            return false;
        }

        (int toBits, int fromBits) = (PtxType.Bits(to), PtxType.Bits(from));
        int writer = code.WriterOf(conversion.Operands[1]);
        bool isLoaded = writer >= 0 && code.Instructions[writer] is { Opcode: "ld" } load && load.Has(from);
        return toBits <= fromBits || (isLoaded && toBits <= 32) || (from[0] != 's' && fromBits >= 16);
    }

    private static bool IsInteger(string type) => type.Length > 0 && (type[0] is 's' or 'u' || (type[0] == 'b' && type[1] != 'f'));
}
