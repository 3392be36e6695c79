using System.Collections.Generic;
using System.Linq;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Profiling.Folding;

/// <summary>Sums with a number that only say where memory is accessed: accesses have room for an offset of 24 bits.</summary>
internal static class AddressFolding
{
    private const long Limit = 1 << 23;

    /// <summary>Applies the rule.</summary>
    public static void Apply(MachineCode code)
    {
        // From the end, so that sums of sums find those folded that read them.
        HashSet<int> folded = [];
        for (int i = code.Instructions.Length - 1; i >= 0; i--)
        {
            PtxInstruction sum = code.Instructions[i];
            if (!Kinds.IsSum(sum, 32) && !Kinds.IsSum(sum, 64))
            {
                continue;
            }

            PtxOperand? start = StartOf(code, sum);
            IReadOnlyList<RegisterUse> readers = start is null ? [] : code.ReadersOf(i);
            bool isStill = start is { } register && code.Uses.WriterOf(register.Name) >= 0;
            if (readers.Count > 0 && readers.All(use => (isStill || code.AreTogether(i, use.Instruction)) && (folded.Contains(use.Instruction) || IsAccess(code, use))))
            {
                folded.Add(i);
                code.Fold(i);
            }
        }
    }

    /// <summary>What a number is added to; null where no number is.</summary>
    private static PtxOperand? StartOf(MachineCode code, PtxInstruction sum)
    {
        (PtxOperand left, PtxOperand right) = (sum.Operands[1], sum.Operands[2]);
        return (left.Kind, right.Kind) switch
        {
            (PtxOperandKind.Register, _) when IsOffset(right) => left,
            (_, PtxOperandKind.Register) when IsOffset(left) && sum.Opcode == "add" => right,
            _ => null,
        };

        bool IsOffset(PtxOperand operand) => code.IsConstant(operand) && operand.Bits is > -Limit and < Limit;
    }

    /// <summary>Bulk copies take their addresses from uniform registers, which have no offset.</summary>
    private static bool IsAccess(MachineCode code, RegisterUse use) => use.IsAddress && !code.Instructions[use.Instruction].Has("bulk");
}
