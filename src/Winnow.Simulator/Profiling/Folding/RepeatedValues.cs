using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Profiling.Folding;

/// <summary>
/// What was computed before, in the same basic block or in the first one, through which all ways lead: mostly addresses, which the compiler computes once for each space that it knows them in.
/// </summary>
/// <param name="code">The function.</param>
internal sealed class RepeatedValues(MachineCode code)
{
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _known = new(StringComparer.Ordinal);

    /// <summary>Applies the rule.</summary>
    public static void Apply(MachineCode code)
    {
        RepeatedValues values = new(code);
        for (int i = 0; i < code.Instructions.Length; i++)
        {
            values.Visit(i);
        }
    }

    private void Visit(int instruction)
    {
        PtxInstruction source = code.Instructions[instruction];
        if (source.Guard is not null || source.Operands is not [{ Kind: PtxOperandKind.Register } result, ..] || code.Uses.WriterOf(result.Name) != instruction || !IsValue(source))
        {
            return;
        }

        string[] operands = [.. source.Operands.Skip(1).Select(NameOf)];
        if (operands.Contains(""))
        {
            return;
        }

        if (source.Opcode is "mov" or "cvta")
        {
            _names[result.Name] = operands[0];
            return;
        }

        string key = $"{source.Opcode}.{string.Join('.', source.Modifiers)} {string.Join(',', operands)}";
        if (_known.TryGetValue(key, out int first) && (code.AreTogether(first, instruction) || code.AreTogether(first, 0)))
        {
            _names[result.Name] = code.Instructions[first].Operands[0].Name;
            code.Fold(instruction);
        }
        else
        {
            _known[key] = instruction;
        }
    }

    /// <summary>What an operand is, by what holds it first; empty where that can change.</summary>
    private string NameOf(PtxOperand operand) => operand switch
    {
        { Kind: PtxOperandKind.Immediate } => operand.Bits.ToString(CultureInfo.InvariantCulture),
        { Kind: PtxOperandKind.Symbol } => operand.Name,
        { Kind: PtxOperandKind.Register } when _names.TryGetValue(operand.Name, out string? name) => name,
        { Kind: PtxOperandKind.Register, Negated: false } when code.Uses.WriterOf(operand.Name) >= 0 => operand.Name,
        _ => "",
    };

    private static bool IsValue(PtxInstruction instruction)
        => instruction.Opcode is "mov" or "cvta" or "cvt" or "add" or "sub" or "mul" or "mad" or "shl" or "shr" or "and" or "or" or "xor" or "not" or "min" or "max" or "selp" && !instruction.Has("cc");
}
