using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Profiling.Folding;

/// <summary>
/// Logic: the machine computes any function of the bits of three operands (<c>LOP3</c>), which also tells whether the result is 0, and a comparison takes one more predicate in
/// (<c>ISETP.AND</c>), either of them inverted.
/// </summary>
/// <param name="code">The function.</param>
internal sealed class LogicFolding(MachineCode code)
{
    private const int Inputs = 3;

    private readonly Dictionary<int, HashSet<string>> _inputs = [];
    private readonly HashSet<int> _combined = [];

    /// <summary>Applies the rule.</summary>
    public static void Apply(MachineCode code)
    {
        LogicFolding folding = new(code);
        for (int i = 0; i < code.Instructions.Length; i++)
        {
            PtxInstruction instruction = code.Instructions[i];
            if (Kinds.IsLogic(instruction))
            {
                folding.Merge(i);
            }
            else if (instruction.Has("pred") && instruction.Guard is null && instruction.Opcode is "and" or "or" or "xor" or "not")
            {
                folding.Combine(i);
            }
            else if (instruction.Opcode == "setp")
            {
                folding.Compare(i);
            }
        }
    }

    /// <summary>Takes in what computes the operands of an instruction, as long as no more than three inputs are left.</summary>
    private void Merge(int instruction)
    {
        PtxInstruction logic = code.Instructions[instruction];
        HashSet<string> inputs = [.. logic.Operands.Skip(1).Select(NameOf)];
        foreach (PtxOperand operand in logic.Operands.Skip(1))
        {
            int writer = code.WriterOf(operand);
            if (writer < 0 || !_inputs.TryGetValue(writer, out HashSet<string>? below) || code.ReadersOf(writer).Count != 1
                || Kinds.IntegerBits(code.Instructions[writer]) != Kinds.IntegerBits(logic))
            {
                continue;
            }

            HashSet<string> all = [.. inputs, .. below];
            all.Remove(operand.Name);
            if (all.Count <= Inputs)
            {
                inputs = all;
                code.Fold(writer);
            }
        }

        _inputs.Add(instruction, inputs);
    }

    /// <summary>Lets a comparison that nobody else asks for take in the other predicate.</summary>
    private void Combine(int instruction)
    {
        PtxInstruction logic = code.Instructions[instruction];
        foreach (PtxOperand operand in logic.Operands.Skip(1))
        {
            int writer = code.WriterOf(operand);
            if (logic.Opcode != "not" && writer >= 0 && code.Instructions[writer].Opcode == "setp" && code.ReadersOf(writer).Count == 1 && _combined.Add(writer))
            {
                code.Fold(instruction);
                return;
            }
        }

        if (logic.Opcode == "not")
        {
            code.Fold(instruction);
        }
    }

    /// <summary>A comparison with 0 of what logic computes for it alone.</summary>
    private void Compare(int instruction)
    {
        PtxInstruction comparison = code.Instructions[instruction];
        if ((comparison.Has("eq") || comparison.Has("ne")) && comparison.Guard is null && comparison.Operands.Length == 3 && comparison.Operands[2] is { Kind: PtxOperandKind.Immediate, Bits: 0 }
            && Kinds.IntegerBits(comparison) is 16 or 32 && code.WriterOf(comparison.Operands[1]) is var writer and >= 0 && _inputs.ContainsKey(writer) && code.ReadersOf(writer).Count == 1)
        {
            code.Fold(instruction);
        }
    }

    private static string NameOf(PtxOperand operand) => operand.Kind == PtxOperandKind.Immediate ? operand.Bits.ToString(CultureInfo.InvariantCulture) : operand.Name;
}
