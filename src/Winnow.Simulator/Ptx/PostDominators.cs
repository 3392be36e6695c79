using System;
using System.Collections.Generic;

namespace Winnow.Simulator.Ptx;

/// <summary>Immediate post-dominators of a flow graph.</summary>
internal static class PostDominators
{
    /// <summary>Computes them.</summary>
    /// <param name="successors">The blocks after each block; the number of blocks is the exit. A block from which no way leads to the exit counts as if one did.</param>
    /// <returns>The immediate post-dominator of each block.</returns>
    public static int[] Compute(int[][] successors)
    {
        int exit = successors.Length;
        List<int>[] before = Reverse(successors);
        List<int> order = OrderFromExit(before, out bool[] leadsNowhere);
        int[] rank = new int[exit + 1];
        for (int i = 0; i < order.Count; i++)
        {
            rank[order[i]] = i;
        }

        int[] dominators = new int[exit + 1];
        Array.Fill(dominators, -1);
        dominators[exit] = exit;
        for (bool changed = true; changed;)
        {
            changed = false;
            foreach (int block in order)
            {
                if (block != exit)
                {
                    int dominator = Meet(successors[block], leadsNowhere[block], dominators, rank);
                    changed |= dominator != dominators[block];
                    dominators[block] = dominator;
                }
            }
        }

        return dominators[..exit];
    }

    private static List<int>[] Reverse(int[][] successors)
    {
        var before = new List<int>[successors.Length + 1];
        for (int i = 0; i < before.Length; i++)
        {
            before[i] = [];
        }

        for (int block = 0; block < successors.Length; block++)
        {
            foreach (int successor in successors[block])
            {
                before[successor].Add(block);
            }
        }

        return before;
    }

    /// <summary>All blocks in reverse post-order of a walk against the edges from the exit. Endless loops are tied to the exit at their last block.</summary>
    private static List<int> OrderFromExit(List<int>[] before, out bool[] leadsNowhere)
    {
        int exit = before.Length - 1;
        leadsNowhere = new bool[exit];
        bool[] seen = new bool[exit + 1];
        seen[exit] = true;
        var order = new List<int>();
        Walk(exit, before, seen, order);
        for (int block = exit - 1; block >= 0; block--)
        {
            if (!seen[block])
            {
                seen[block] = true;
                leadsNowhere[block] = true;
                var part = new List<int>();
                Walk(block, before, seen, part);
                order.InsertRange(order.Count - 1, part);
            }
        }

        order.Reverse();
        return order;
    }

    private static void Walk(int from, List<int>[] before, bool[] seen, List<int> order)
    {
        var open = new Stack<(int Block, int Next)>();
        open.Push((from, 0));
        while (open.TryPop(out (int Block, int Next) top))
        {
            if (top.Next == before[top.Block].Count)
            {
                order.Add(top.Block);
                continue;
            }

            open.Push((top.Block, top.Next + 1));
            int block = before[top.Block][top.Next];
            if (!seen[block])
            {
                seen[block] = true;
                open.Push((block, 0));
            }
        }
    }

    private static int Meet(int[] successors, bool leadsNowhere, int[] dominators, int[] rank)
    {
        int exit = dominators.Length - 1;
        int meeting = leadsNowhere ? exit : -1;
        foreach (int successor in successors)
        {
            if (dominators[successor] >= 0)
            {
                meeting = meeting < 0 ? successor : Intersect(meeting, successor, dominators, rank);
            }
        }

        return meeting;
    }

    private static int Intersect(int left, int right, int[] dominators, int[] rank)
    {
        while (left != right)
        {
            while (rank[left] > rank[right])
            {
                left = dominators[left];
            }

            while (rank[right] > rank[left])
            {
                right = dominators[right];
            }
        }

        return left;
    }
}
