using System;
using System.Collections.Generic;
using System.Linq;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Profiling.Folding;

/// <summary>
/// Products, shifts and sums that are added to something: the machine multiplies and adds (<c>IMAD</c>, also of 32 bits to 64), shifts and adds (<c>LEA</c>), adds three
/// numbers (<c>IADD3</c>), and takes the smaller or larger of a sum and a number (<c>VIADDMNMX</c>).
/// </summary>
/// <param name="code">The function.</param>
internal sealed class SumFolding(MachineCode code)
{
    private readonly bool[] _isTaken = new bool[code.Instructions.Length];
    private readonly bool[] _isExtended = new bool[code.Instructions.Length];

    /// <summary>Applies the rule.</summary>
    public static void Apply(MachineCode code)
    {
        SumFolding folding = new(code);
        for (int i = 0; i < code.Instructions.Length; i++)
        {
            folding.Fold(i);
        }

        for (int i = 0; i < code.Instructions.Length; i++)
        {
            folding.Extend(i);
        }
    }

    /// <summary>A sum of 64 bits takes one of its terms with 32, also shifted (<c>LEA.HI.X.SX32</c>).</summary>
    private void Extend(int instruction)
    {
        IReadOnlyList<RegisterUse> readers = Kinds.Conversion(code.Instructions[instruction]) is ("s64", "s32") ? code.ReadersOf(instruction) : [];
        int[] sums = [.. readers.SelectMany(SumsOf)];
        if (readers.Count > 0 && Array.TrueForAll(sums, sum => sum >= 0 && !_isExtended[sum]))
        {
            Array.ForEach(sums, sum => _isExtended[sum] = true);
            code.Fold(instruction);
        }
    }

    /// <summary>The sums that a use is a term of, through a shift that has become part of them; -1 for any other use.</summary>
    private IEnumerable<int> SumsOf(RegisterUse use)
    {
        PtxInstruction reader = code.Instructions[use.Instruction];
        bool isSum = use.Operand > 0 && !use.IsAddress && Kinds.IsSum(reader, 64) && code.Costs[use.Instruction].Slots == 2;
        return isSum ? [use.Instruction]
            : Kinds.IsShift(reader, "shl", 64) && code.IsFolded(use.Instruction) ? code.Uses.ReadersOf(reader.Operands[0].Name).Select(static next => next.Instruction)
            : [-1];
    }

    private void Fold(int instruction)
    {
        PtxInstruction term = code.Instructions[instruction];
        Func<PtxInstruction, int, bool>? takes = Takers(term);
        IReadOnlyList<RegisterUse> readers = takes is null ? [] : code.ReadersOf(instruction);
        bool isSum = term.Opcode is "add" or "sub";
        bool isLong = term.Opcode == "mul" && !term.Has("wide") && Kinds.IntegerBits(term) == 64;
        if (readers.Count == 0 || ((isSum || isLong) && (readers.Count > 1 || _isTaken[instruction]))
            || !readers.All(use => use.Operand > 0 && !use.IsAddress && CanTake(use.Instruction) && takes!(code.Instructions[use.Instruction], use.Operand)))
        {
            return;
        }

        foreach (RegisterUse use in readers)
        {
            _isTaken[use.Instruction] = true;
            code.IsProduct[use.Instruction] |= term.Opcode == "mul";
            if (term.Has("wide"))
            {
                code.Take(use.Instruction, MachineCost.One);
            }
        }

        // The first step of a long product adds; all others become part of their readers.
        code.Fold(isLong ? readers[0].Instruction : instruction);
    }

    private bool CanTake(int instruction) => !_isTaken[instruction] && !code.IsFolded(instruction);

    /// <summary>Which instructions, and as which of their operands, can take the result of one.</summary>
    private static Func<PtxInstruction, int, bool>? Takers(PtxInstruction term) => term switch
    {
        { Opcode: "mul" } when term.Has("wide") => static (reader, _) => IsAdd(reader, 64),
        { Opcode: "mul" } when term.Has("lo") && Kinds.IntegerBits(term) == 64 => static (reader, _) => IsAdd(reader, 64),
        { Opcode: "mul" } when term.Has("lo") && Kinds.IntegerBits(term) == 32 => static (reader, _) => IsAdd(reader, 32),
        _ when Kinds.IsShift(term, "shl", 64) => static (reader, _) => IsAdd(reader, 64),
        _ when Kinds.IsShift(term, "shl", 32) => static (reader, operand) => Kinds.IsSum(reader, 32) && (reader.Opcode == "add" || operand == 2),
        _ when Kinds.IsShift(term, "shr", 32) => static (reader, _) => IsAdd(reader, 32),
        _ when Kinds.IsSum(term, 32) => static (reader, _) => Kinds.IsSum(reader, 32) || (reader.Opcode is "min" or "max" && Kinds.IntegerBits(reader) == 32),
        _ when Kinds.IsSum(term, 64) => static (reader, _) => Kinds.IsSum(reader, 64),
        _ => null,
    };

    private static bool IsAdd(PtxInstruction instruction, int bits) => instruction.Opcode == "add" && Kinds.IsSum(instruction, bits);
}
