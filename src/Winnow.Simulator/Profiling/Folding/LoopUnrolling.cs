using System;
using System.Linq;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Profiling.Folding;

/// <summary>
/// Loops that an assembler unrolls, four rounds into one: those of one basic block that count up or down to something that stays, where the compiler did not forbid it. Of four rounds one counts,
/// compares and branches, and the others go on without a boundary, so that their loads come together.
/// </summary>
/// <remarks>Read from the sizes that ptxas 12.4 makes of the kernels here with and without leave to unroll: loops of 45 instructions are unrolled, those of 75 are not.</remarks>
internal static class LoopUnrolling
{
    /// <summary>How many rounds become one.</summary>
    public const int Rounds = 4;

    private const int MostSlots = 64;

    // What is longer calls a function in rare cases.
    private const int MostOfOne = 9;

    /// <summary>Applies the rule.</summary>
    public static void Apply(MachineCode code)
    {
        for (int i = 0; i < code.Instructions.Length; i++)
        {
            if (code.Instructions[i] is { Opcode: "bra", Guard: { } guard } && BranchFolding.TargetOf(code, i) is var head && head < i && !code.Function.KeptLoops.Contains(head) && IsSmall(code, head, i))
            {
                Unroll(code, head, i, code.Uses.WriterOf(guard));
            }
        }
    }

    private static bool IsSmall(MachineCode code, int head, int branch)
    {
        int slots = 0;
        for (int i = head; i < branch; i++)
        {
            if (Kinds.IsFixed(code.Instructions[i]) || (i > head && code.Targets.Contains(i)) || code.Costs[i].Slots > MostOfOne)
            {
                return false;
            }

            slots += code.Costs[i].Slots;
        }

        return slots <= MostSlots;
    }

    private static void Unroll(MachineCode code, int head, int branch, int comparison)
    {
        if (comparison < head || comparison > branch || code.Instructions[comparison] is not { Opcode: "setp", Operands: [_, var left, var right] } || Kinds.IntegerBits(code.Instructions[comparison]) == 0)
        {
            return;
        }

        int[] counts = [.. Enumerable.Range(head, branch - head).Where(i => IsCount(code, i))];
        if ((IsCounted(left) && Stays(right)) || (IsCounted(right) && Stays(left)))
        {
            code.Unroll(head, [.. counts, comparison, branch]);
        }

        bool IsCounted(PtxOperand operand) => Array.Exists(counts, i => code.Instructions[i].Operands[0].Name == operand.Name);
        bool Stays(PtxOperand operand) => operand.Kind == PtxOperandKind.Immediate || !Enumerable.Range(head, branch - head).Any(i => code.Instructions[i].Operands is [var result, ..] && result.Name == operand.Name);
    }

    /// <summary>Whether an instruction adds a number to a register: offsets of the rounds stand in their accesses.</summary>
    private static bool IsCount(MachineCode code, int instruction)
    {
        PtxInstruction sum = code.Instructions[instruction];
        return (Kinds.IsSum(sum, 32) || Kinds.IsSum(sum, 64)) && sum.Guard is null && sum.Operands[0].Name == sum.Operands[1].Name && code.IsConstant(sum.Operands[2]);
    }
}
