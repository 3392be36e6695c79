using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using Winnow.Simulator.Execution.Decoding;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Profiling.Folding;

/// <summary>
/// How many registers of 32 bits a thread needs at least: the most values that are alive at a time in the order of the PTX, those left out that are part of others, predicates, and what is the same for all threads.
/// </summary>
/// <param name="code">The function.</param>
internal sealed class LiveRegisters(MachineCode code)
{
    private const int WordBits = 64;

    private readonly Dictionary<string, int[]> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly List<int> _widths = [];

    /// <summary>The number of a function.</summary>
    public static int Of(MachineCode code) => new LiveRegisters(code).Most();

    private int Most()
    {
        Step[] steps = [.. Enumerable.Range(0, code.Instructions.Length).Select(StepOf)];
        int words = (_widths.Count + WordBits - 1) / WordBits;
        int[] starts = [.. Enumerable.Range(0, steps.Length).Where(i => i == 0 || !code.AreTogether(i - 1, i)), steps.Length];
        Dictionary<int, int> blocks = Enumerable.Range(0, starts.Length - 1).ToDictionary(block => starts[block]);
        var entries = new ulong[starts.Length][];
        Array.Fill(entries, new ulong[words]);
        int most = 0;
        for (bool changes = true; changes;)
        {
            changes = false;
            for (int block = starts.Length - 2; block >= 0; block--)
            {
                var alive = new ulong[words];
                foreach (int next in NextOf(starts[block + 1] - 1))
                {
                    ulong[] entry = blocks.TryGetValue(next, out int number) ? entries[number] : entries[^1];
                    for (int i = 0; i < words; i++)
                    {
                        alive[i] |= entry[i];
                    }
                }

                most = Math.Max(most, Walk(steps, starts[block], starts[block + 1], alive));
                changes |= !alive.AsSpan().SequenceEqual(entries[block]);
                entries[block] = alive;
            }
        }

        return most;
    }

    /// <summary>Goes through a block from its end.</summary>
    private int Walk(Step[] steps, int start, int end, ulong[] alive)
    {
        int count = 0;
        for (int i = 0; i < alive.Length; i++)
        {
            for (ulong rest = alive[i]; rest != 0; rest &= rest - 1)
            {
                count += _widths[(i * WordBits) + BitOperations.TrailingZeroCount(rest)];
            }
        }

        int most = count;
        for (int i = end - 1; i >= start; i--)
        {
            foreach (int value in steps[i].Ends)
            {
                count -= (alive[value / WordBits] >> (value % WordBits) & 1) != 0 ? _widths[value] : 0;
                alive[value / WordBits] &= ~(1UL << (value % WordBits));
            }

            foreach (int value in steps[i].Uses)
            {
                count += (alive[value / WordBits] >> (value % WordBits) & 1) == 0 ? _widths[value] : 0;
                alive[value / WordBits] |= 1UL << (value % WordBits);
            }

            most = Math.Max(most, count);
        }

        return most;
    }

    private IEnumerable<int> NextOf(int last)
    {
        PtxInstruction instruction = code.Instructions[last];
        bool goesOn = instruction.Opcode is not ("ret" or "exit" or "trap" or "bra" or "brx") || instruction.Guard is not null;
        IEnumerable<int> targets = instruction.Opcode switch
        {
            "bra" => [BranchFolding.TargetOf(code, last)],
            "brx" => code.Function.BranchTables.Values.SelectMany(static table => table),
            _ => [],
        };
        return goesOn ? targets.Append(last + 1) : targets;
    }

    /// <summary>What an instruction reads, and what begins with it, so that it is not alive before.</summary>
    private Step StepOf(int instruction)
    {
        PtxInstruction source = code.Instructions[instruction];
        bool hasResult = FunctionDecoder.HasResult(source);
        string[] results = hasResult ? [.. NamesOf(source.Operands[0])] : [];
        if (results is [var result] && IsPart(result))
        {
            return new Step([], []);
        }

        int[] uses = [.. source.Operands.Skip(hasResult ? 1 : 0).SelectMany(NamesOf).SelectMany(ValuesOf).Distinct()];
        return new Step(uses, source.Guard is null ? [.. results.SelectMany(ValuesOf)] : []);
    }

    private static IEnumerable<string> NamesOf(PtxOperand operand) => operand.Parts.SelectMany(NamesOf).Concat(operand.Name.StartsWith('%') ? [operand.Name] : []);

    /// <summary>The values that a register is: none for predicates, those that it is computed from where that is part of others.</summary>
    private int[] ValuesOf(string register)
    {
        if (_values.TryGetValue(register, out int[]? known))
        {
            return known;
        }

        int width = code.Function.Registers.TryGetValue(register, out PtxRegister? declared) && !declared.IsPredicate ? Math.Max(1, declared.Bits / 32) : 0;
        int writer = code.Uses.WriterOf(register);
        int[] values = width switch
        {
            0 => [],
            _ when writer >= 0 && code.IsUniform[writer] => [],
            _ when IsPart(register) => [.. code.Instructions[writer].Operands.Skip(1).SelectMany(NamesOf).SelectMany(ValuesOf).Distinct()],
            _ => [NumberOf(register, width)],
        };
        return _values[register] = values;
    }

    private int NumberOf(string register, int width)
    {
        if (!_numbers.TryGetValue(register, out int number))
        {
            _numbers.Add(register, number = _widths.Count);
            _widths.Add(width);
        }

        return number;
    }

    private bool IsPart(string register) => code.Uses.WriterOf(register) is var writer and >= 0 && code.IsFolded(writer) && code.Instructions[writer].Guard is null;

    private readonly record struct Step(int[] Uses, int[] Ends);
}
