using System;
using System.Collections.Generic;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Execution.Decoding;

/// <content>
/// Registers that only ever hold one number: NVRTC moves numbers into registers before instructions that could take them as they are, and a
/// <c>shfl</c> whose distance is known is quicker.
/// </content>
internal sealed partial class FunctionDecoder
{
    private Dictionary<string, PtxOperand>? _numbers;

    /// <summary>An instruction with numbers in place of registers that hold them.</summary>
    private PtxInstruction WithNumbers(PtxInstruction instruction)
    {
        _numbers ??= FindNumbers(_function.Instructions);
        PtxOperand[] operands = [.. instruction.Operands];
        for (int i = 1; i < operands.Length; i++)
        {
            if (operands[i].Kind == PtxOperandKind.Register && _numbers.TryGetValue(operands[i].Name, out PtxOperand? number))
            {
                operands[i] = number;
            }
        }

        return instruction with { Operands = operands };
    }

    /// <summary>Registers that one instruction writes, which is a move of a number that nothing guards.</summary>
    private static Dictionary<string, PtxOperand> FindNumbers(PtxInstruction[] instructions)
    {
        Dictionary<string, PtxOperand> numbers = new(StringComparer.Ordinal);
        HashSet<string> written = new(StringComparer.Ordinal);
        foreach (PtxInstruction instruction in instructions)
        {
            PtxOperand[] results = instruction.Operands.Length == 0 ? [] : Parts(instruction.Operands[0]);
            bool isNumber = instruction is { Opcode: "mov", Guard: null, Operands: [{ Kind: PtxOperandKind.Register }, { Kind: PtxOperandKind.Immediate }] };
            foreach (PtxOperand result in results)
            {
                if (!written.Add(result.Name))
                {
                    numbers.Remove(result.Name);
                }
                else if (isNumber)
                {
                    numbers.Add(result.Name, instruction.Operands[1]);
                }
            }
        }

        return numbers;
    }
}
