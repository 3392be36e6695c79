using System;
using System.Collections.Generic;
using Winnow.Simulator.Execution.Control;

namespace Winnow.Simulator.Execution;

/// <summary>
/// The first place that all ways from a place to the end of a function lead through, by Cooper, Harvey and Kennedy ("A Simple, Fast Dominance Algorithm", 2001)
/// on the reversed graph. For a branch it is where its lanes come together again, which is where an assembler lets them wait for each other.
/// </summary>
internal sealed class PostDominators
{
    private readonly int[][] _next;
    private readonly List<int>[] _before;
    private readonly int[] _number;
    private readonly int[] _nearest;

    private PostDominators(Step[] steps)
    {
        // The end of the function is a place behind the last one.
        int end = steps.Length;
        (_next, _before) = (new int[end + 1][], new List<int>[end + 1]);
        (_number, _nearest) = (new int[end + 1], new int[end + 1]);
        for (int pc = 0; pc <= end; pc++)
        {
            (_next[pc], _before[pc]) = (pc == end ? [] : NextOf(steps[pc].Operation, pc, end), []);
        }

        for (int pc = 0; pc < end; pc++)
        {
            Array.ForEach(_next[pc], next => _before[next].Add(pc));
        }

        Solve(end);
    }

    /// <summary>For each place of a function where its lanes come together again that part there; below 0 where none part, or not before the end.</summary>
    /// <param name="steps">The function.</param>
    public static int[] JoinsOf(Step[] steps)
    {
        PostDominators tree = new(steps);
        var joins = new int[steps.Length];
        for (int pc = 0; pc < steps.Length; pc++)
        {
            joins[pc] = tree._next[pc].Length > 1 && tree._nearest[pc] < steps.Length ? tree._nearest[pc] : -1;
        }

        return joins;
    }

    private static int[] NextOf(Operation operation, int pc, int end)
    {
        int[] next = operation switch
        {
            Branch branch => [branch.Target],
            IndexedBranch branch => branch.Targets,
            Return or Exit or Trap => [end],
            _ => [pc + 1],
        };
        return operation.Source?.Guard is null || next is [var only] && only == pc + 1 ? next : [.. next, pc + 1];
    }

    private void Solve(int end)
    {
        Array.Fill(_nearest, -1);
        Array.Fill(_number, -1);
        _nearest[end] = end;
        List<int> order = Number(end);
        for (bool changes = true; changes;)
        {
            changes = false;
            foreach (int pc in order)
            {
                int nearest = -1;
                foreach (int next in _next[pc])
                {
                    nearest = _nearest[next] < 0 ? nearest : nearest < 0 ? next : Meet(nearest, next);
                }

                changes |= nearest != _nearest[pc];
                _nearest[pc] = nearest;
            }
        }
    }

    /// <summary>Numbers places such that each has a higher one than what it leads to, loops aside; from the end on, which is not among what is returned.</summary>
    private List<int> Number(int end)
    {
        var finished = new List<int>();
        var open = new Stack<(int Pc, int Index)>([(end, 0)]);
        _number[end] = 0;
        while (open.TryPop(out (int Pc, int Index) top))
        {
            if (top.Index == _before[top.Pc].Count)
            {
                finished.Add(top.Pc);
                continue;
            }

            open.Push((top.Pc, top.Index + 1));
            int before = _before[top.Pc][top.Index];
            if (_number[before] < 0)
            {
                _number[before] = 0;
                open.Push((before, 0));
            }
        }

        finished.Reverse();
        for (int i = 0; i < finished.Count; i++)
        {
            _number[finished[i]] = i;
        }

        return finished[1..];
    }

    private int Meet(int one, int other)
    {
        while (one != other)
        {
            if (_number[one] > _number[other])
            {
                one = _nearest[one];
            }
            else
            {
                other = _nearest[other];
            }
        }

        return one;
    }
}
