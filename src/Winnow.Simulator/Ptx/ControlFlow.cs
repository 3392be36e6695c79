using System;
using System.Collections.Generic;

namespace Winnow.Simulator.Ptx;

/// <summary>
/// The basic blocks of a function and where diverged lanes meet again: a block's immediate post-dominator, by the algorithm of Cooper, Harvey
/// and Kennedy ("A Simple, Fast Dominance Algorithm") on the reversed graph.
/// </summary>
internal sealed class ControlFlow
{
    private readonly PtxFunction _function;
    private readonly int[] _blockOf;
    private readonly int[] _postDominators;

    private ControlFlow(PtxFunction function)
    {
        _function = function;
        (Starts, _blockOf) = FindBlocks(function);
        Successors = new int[Starts.Length][];
        for (int block = 0; block < Starts.Length; block++)
        {
            Successors[block] = FindSuccessors(EndOf(block) - 1);
        }

        _postDominators = PostDominators.Compute(Successors);
    }

    /// <summary>The first instruction of each block.</summary>
    public int[] Starts { get; }

    /// <summary>The blocks that may follow each block; the number of blocks stands for the end of the function.</summary>
    public int[][] Successors { get; }

    /// <summary>Finds the blocks of a function.</summary>
    /// <param name="function">The function.</param>
    public static ControlFlow Of(PtxFunction function) => new(function);

    /// <summary>The block that an instruction is in; the number of blocks for the index after the last instruction.</summary>
    /// <param name="instruction">Its index.</param>
    public int BlockOf(int instruction) => instruction < _blockOf.Length ? _blockOf[instruction] : Starts.Length;

    /// <summary>The instruction after the last one of a block.</summary>
    /// <param name="block">The block.</param>
    public int EndOf(int block) => block + 1 < Starts.Length ? Starts[block + 1] : _function.Instructions.Length;

    /// <summary>The block that every way from a block to the end of the function passes first; the number of blocks where they meet only at the end.</summary>
    /// <param name="block">The block.</param>
    public int PostDominatorOf(int block) => _postDominators[block];

    /// <summary>Where lanes that a branch parts meet again.</summary>
    /// <param name="branch">The index of a branch, or of any instruction that ends a block.</param>
    /// <returns>An index into the instructions; their count where the lanes meet only at the end of the function.</returns>
    public int ReconvergenceOf(int branch)
    {
        int block = _postDominators[BlockOf(branch)];
        return block < Starts.Length ? Starts[block] : _function.Instructions.Length;
    }

    private static (int[] Starts, int[] BlockOf) FindBlocks(PtxFunction function)
    {
        PtxInstruction[] instructions = function.Instructions;
        bool[] isStart = new bool[instructions.Length + 1];
        isStart[0] = true;
        foreach (int target in function.Labels.Values)
        {
            isStart[target] = true;
        }

        foreach (int[] table in function.BranchTables.Values)
        {
            Array.ForEach(table, target => isStart[target] = true);
        }

        for (int i = 0; i < instructions.Length; i++)
        {
            isStart[i + 1] |= EndsBlock(instructions[i].Opcode);
        }

        var starts = new List<int>();
        int[] blockOf = new int[instructions.Length];
        for (int i = 0; i < instructions.Length; i++)
        {
            if (isStart[i])
            {
                starts.Add(i);
            }

            blockOf[i] = starts.Count - 1;
        }

        return ([.. starts], blockOf);
    }

    /// <summary>A trap ends everything, so where lanes would go on after it is free; falling through keeps the blocks around it together.</summary>
    private static bool EndsBlock(string opcode) => opcode is "bra" or "brx" or "ret" or "exit";

    private int[] FindSuccessors(int last)
    {
        PtxInstruction instruction = _function.Instructions[last];
        var successors = new List<int>();
        switch (instruction.Opcode)
        {
            case "bra":
                successors.Add(BlockOf(_function.Labels[instruction.Operands[0].Name]));
                break;
            case "brx":
                foreach (int target in _function.BranchTables[instruction.Operands[1].Name])
                {
                    successors.Add(BlockOf(target));
                }

                break;
            case "ret" or "exit":
                successors.Add(Starts.Length);
                break;
        }

        if (successors.Count == 0 || instruction.Guard is not null)
        {
            successors.Add(BlockOf(last + 1));
        }

        return [.. new SortedSet<int>(successors)];
    }
}
