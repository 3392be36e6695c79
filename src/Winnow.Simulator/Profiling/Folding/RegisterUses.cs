using System;
using System.Collections.Generic;
using Winnow.Simulator.Execution.Decoding;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Profiling.Folding;

/// <summary>Who writes and who reads each register of a function.</summary>
internal sealed class RegisterUses
{
    private const int Several = -2;

    private readonly Dictionary<string, int> _writers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<RegisterUse>> _readers = new(StringComparer.Ordinal);

    /// <param name="instructions">The instructions of the function.</param>
    public RegisterUses(PtxInstruction[] instructions)
    {
        for (int i = 0; i < instructions.Length; i++)
        {
            PtxInstruction instruction = instructions[i];
            bool hasResult = FunctionDecoder.HasResult(instruction);
            if (instruction.Guard is { } guard)
            {
                AddReader(guard, new RegisterUse(i, -1, IsAddress: false));
            }

            for (int k = 0; k < instruction.Operands.Length; k++)
            {
                Add(instruction.Operands[k], i, k, isResult: hasResult && k == 0);
            }
        }
    }

    /// <summary>The one instruction that writes a register; below 0 where none does, or several.</summary>
    public int WriterOf(string register) => _writers.TryGetValue(register, out int writer) ? writer : -1;

    /// <summary>Where a register is read.</summary>
    public IReadOnlyList<RegisterUse> ReadersOf(string register) => _readers.TryGetValue(register, out List<RegisterUse>? readers) ? readers : [];

    private void Add(PtxOperand operand, int instruction, int index, bool isResult)
    {
        if (operand.Name.StartsWith('%'))
        {
            if (isResult && operand.Kind == PtxOperandKind.Register)
            {
                _writers[operand.Name] = _writers.TryGetValue(operand.Name, out int known) && known != instruction ? Several : instruction;
            }
            else
            {
                AddReader(operand.Name, new RegisterUse(instruction, index, operand.Kind == PtxOperandKind.Address));
            }
        }

        foreach (PtxOperand part in operand.Parts)
        {
            Add(part, instruction, index, isResult);
        }
    }

    private void AddReader(string register, RegisterUse use)
    {
        if (!_readers.TryGetValue(register, out List<RegisterUse>? readers))
        {
            _readers.Add(register, readers = []);
        }

        readers.Add(use);
    }
}
