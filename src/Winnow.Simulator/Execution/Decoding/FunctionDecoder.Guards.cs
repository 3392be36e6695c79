using System;
using System.Collections.Generic;
using Winnow.Simulator.Execution.Control;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Execution.Decoding;

/// <content>
/// Registers of products of warpgroups: whatever else uses one first looks whether a product still does. A register that is moved to or from one is one, too,
/// because an assembler makes them one.
/// </content>
internal sealed partial class FunctionDecoder
{
    /// <summary>Puts guards before the operations of a function that has products.</summary>
    private void GuardProducts(PtxInstruction[] instructions, Step[] steps)
    {
        HashSet<string> names = FindProductRegisters(instructions);
        code.HasProducts = names.Count > 0;
        for (int i = 0; code.HasProducts && i < instructions.Length; i++)
        {
            PtxInstruction instruction = instructions[i];
            int first = HasResult(instruction) ? 1 : 0;
            int[] writes = first == 0 ? [] : OffsetsOf(instruction.Operands.AsSpan(0, 1), names);
            int[] reads = OffsetsOf(instruction.Operands.AsSpan(first), names);
            if (reads.Length + writes.Length > 0 && instruction.Opcode is not ("wgmma" or "bar" or "barrier"))
            {
                steps[i].Operation = new GuardProducts(steps[i].Operation, UseOf(instruction), reads, writes) { Source = instruction };
            }
        }
    }

    private HashSet<string> FindProductRegisters(PtxInstruction[] instructions)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (PtxInstruction instruction in instructions)
        {
            if (instruction.Opcode == "wgmma" && instruction.Has("mma_async"))
            {
                AddParts(names, instruction.Operands[0]);
                AddParts(names, instruction.Operands[1]);
            }
        }

        int before;
        do
        {
            before = names.Count;
            foreach (PtxInstruction instruction in names.Count == 0 ? [] : instructions)
            {
                if (UseOf(instruction) == RegisterUse.Moves && (names.Contains(instruction.Operands[0].Name) || names.Contains(instruction.Operands[1].Name)))
                {
                    names.Add(instruction.Operands[0].Name);
                    names.Add(instruction.Operands[1].Name);
                }
            }
        }
        while (names.Count > before);

        return names;
    }

    private static void AddParts(HashSet<string> names, PtxOperand operand)
    {
        foreach (PtxOperand part in operand.Kind == PtxOperandKind.Vector ? operand.Parts : [])
        {
            names.Add(part.Name);
        }
    }

    private RegisterUse UseOf(PtxInstruction instruction) => instruction switch
    {
        { Opcode: "mov", Operands: [{ Kind: PtxOperandKind.Register }, { Kind: PtxOperandKind.Register } source] }
            when _function.Registers.ContainsKey(source.Name) => RegisterUse.Moves,
        { Opcode: "mov", Operands: [_, { Kind: PtxOperandKind.Immediate }] } => RegisterUse.Sets,
        _ => RegisterUse.Computes,
    };

    private int[] OffsetsOf(ReadOnlySpan<PtxOperand> operands, HashSet<string> names)
    {
        List<int> offsets = [];
        foreach (PtxOperand operand in operands)
        {
            foreach (PtxOperand part in Parts(operand))
            {
                if (part.Kind is PtxOperandKind.Register or PtxOperandKind.Address && names.Contains(part.Name))
                {
                    offsets.Add(RegisterOf(part.Name, _registers.BitsOf(part.Name) == 64));
                }
            }
        }

        return [.. offsets];
    }
}
