using System;
using Winnow.Simulator.Execution.Control;
using Winnow.Simulator.Execution.Memory;
using Winnow.Simulator.Operations;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Execution.Decoding;

/// <content>Clusters.</content>
internal sealed partial class FunctionDecoder
{
    private Operation? DecodeClusterBarrier(PtxInstruction instruction)
    {
        InstructionReader reader = new(instruction, _registers);
        reader.Take("cluster");
        bool isAligned = reader.Take("aligned");
        Operation operation;
        if (reader.Take("arrive"))
        {
            operation = new ArriveAtCluster(reader.TakeAny("release", "relaxed") != "relaxed");
        }
        else if (reader.Take("wait"))
        {
            reader.Take("acquire");
            operation = new WaitForCluster();
        }
        else
        {
            return null;
        }

        if (!reader.IsUnderstood || instruction.Operands.Length > 0)
        {
            return null;
        }

        operation.Source = instruction;
        return isAligned ? new GatherAll(operation, FaultKinds.DivergentBarrier) : operation;
    }

    /// <summary><c>mapa</c> and <c>getctarank</c>.</summary>
    private Operation? DecodeRank(PtxInstruction instruction)
    {
        InstructionReader reader = new(instruction, _registers);
        PtxOperand[] operands = instruction.Operands;
        bool isMap = instruction.Opcode == "mapa";
        bool isGeneric = !reader.Take("shared::cluster");
        int bits = Ptx.PtxType.Bits(reader.TakeAny("u32", "u64") ?? "");
        if (bits == 0 || !reader.IsUnderstood || operands.Length != (isMap ? 3 : 2))
        {
            return null;
        }

        Slot source = new(_registers.Offset(NumberOf(operands[1], isGeneric), bits), bits);
        return isMap
            ? new MapAddress(reader.Slot(0, bits), source, _registers.Offset(operands[2], 32), isGeneric)
            : new ReadRank(reader.Slot(0, 32), source, isGeneric);
    }

    /// <summary>A variable in shared memory as the number that its address is; other operands as they are.</summary>
    private PtxOperand NumberOf(PtxOperand operand, bool isGeneric)
    {
        if (operand.Kind != PtxOperandKind.Symbol)
        {
            return operand;
        }

        return FindVariable(operand) is { Space: PtxSpace.Shared } variable
            ? new PtxOperand { Kind = PtxOperandKind.Immediate, Bits = AddressOf(variable) + operand.Bits + (isGeneric ? (long)AddressSpaces.Shared : 0) }
            : throw new ArgumentException($"{operand.Name} is not a variable in .shared space");
    }

    private StoreAsync? DecodeAsyncStore(PtxInstruction instruction)
    {
        InstructionReader reader = new(instruction, _registers);
        PtxOperand[] operands = instruction.Operands;
        reader.Take("async");
        reader.Take("weak");
        bool isKnown = reader.Take("shared::cluster") & reader.Take("mbarrier::complete_tx::bytes");
        string? vector = reader.TakeAny("v2", "v4");
        int bits = Ptx.PtxType.Bits(reader.TakeAny("b32", "u32", "s32", "f32", "b64", "u64", "s64", "f64") ?? "");
        PtxOperand[] parts = operands.Length == 3 ? Parts(operands[1]) : [];
        if (!isKnown || !reader.IsUnderstood || bits == 0 || parts.Length != (vector is null ? 1 : vector[1] - '0') || bits * parts.Length > 128)
        {
            return null;
        }

        BulkDestination destination = new(Place(operands[0], true, isOfCluster: true), Place(operands[2], true, isOfCluster: true));
        return new StoreAsync(destination, Array.ConvertAll(parts, part => _registers.Offset(part, bits)), bits / 8);
    }
}
