using System.Collections.Generic;
using System.Linq;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Profiling.Folding;

/// <summary>
/// Branches: one to where it goes anyway is none, of two in a row the first is turned round, and around a few instructions they get a predicate instead. Where lanes may part and go on together further
/// down, they are told where and wait there (<c>BSSY</c>, <c>BSYNC</c>), once for all branches that lead there.
/// </summary>
internal static class BranchFolding
{
    // CUDA C++ Programming Guide, "Branch predication": the threshold where warps are likely to diverge.
    private const int MostPredicated = 7;

    private static readonly MachineCost Parting = new(3);

    /// <summary>Applies the rule.</summary>
    public static void Apply(MachineCode code)
    {
        HashSet<int> meetings = [];
        for (int i = 0; i < code.Instructions.Length; i++)
        {
            PtxInstruction instruction = code.Instructions[i];
            if (instruction.Opcode == "bra")
            {
                Branch(code, i, TargetOf(code, i), meetings);
            }
            else if (instruction.Opcode == "wgmma" && instruction.Has("commit_group"))
            {
                // The last product of a group says so itself.
                code.Fold(i);
            }
        }

        code.Targets.IntersectWith(Enumerable.Range(0, code.Instructions.Length).Where(i => code.Instructions[i].Opcode == "bra" && code.PredicateOf(i) is null).Select(i => TargetOf(code, i))
            .Concat(code.Function.BranchTables.Values.SelectMany(static targets => targets)).ToHashSet());
    }

    private static void Branch(MachineCode code, int branch, int target, HashSet<int> meetings)
    {
        PtxInstruction instruction = code.Instructions[branch];
        if (instruction.Guard is null)
        {
            bool isTurned = branch > 0 && code.Instructions[branch - 1] is { Opcode: "bra", Guard: not null } && TargetOf(code, branch - 1) == branch + 1;
            if (target == branch + 1 || isTurned)
            {
                code.Fold(branch);
            }
        }
        else if (CanPredicate(code, branch, target))
        {
            for (int i = branch; i < target; i++)
            {
                code.Predicate(i, instruction.Guard);
            }

            code.Fold(branch);
        }
        else if (target > branch + 1 && target < code.Instructions.Length && !IsEnd(code.Instructions[target]) && !IsEnd(code.Instructions[target - 1])
            && !IsUniform(code, instruction.Guard) && meetings.Add(target))
        {
            code.Take(branch, Parting);
        }
    }

    private static bool CanPredicate(MachineCode code, int branch, int target)
    {
        int slots = 0;
        for (int i = branch + 1; i < target && slots <= MostPredicated; i++)
        {
            if (Kinds.IsFixed(code.Instructions[i]) || code.Targets.Contains(i))
            {
                return false;
            }

            slots += code.Costs[i].Slots;
        }

        return target > branch && slots <= MostPredicated && target < code.Instructions.Length;
    }

    private static bool IsEnd(PtxInstruction instruction) => instruction.Opcode is "ret" or "exit" or "trap";

    private static bool IsUniform(MachineCode code, string guard) => code.Uses.WriterOf(guard) is var writer and >= 0 && code.IsUniform[writer];

    /// <summary>Where a branch leads: a place in the function.</summary>
    public static int TargetOf(MachineCode code, int branch) => code.Function.Labels[code.Instructions[branch].Operands[0].Name];
}
