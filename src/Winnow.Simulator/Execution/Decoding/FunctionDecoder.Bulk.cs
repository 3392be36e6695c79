using System;
using Winnow.Simulator.Execution.Control;
using Winnow.Simulator.Execution.Memory;
using Winnow.Simulator.Operations;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Execution.Decoding;

/// <content>Bulk copies and what belongs to them.</content>
internal sealed partial class FunctionDecoder
{
    private Operation? DecodeBulk(PtxInstruction instruction)
    {
        InstructionReader reader = new(instruction, _registers);
        reader.Take("async");
        reader.Take("bulk");
        Operation? operation = DecodeBulk(instruction, reader);
        return reader.IsUnderstood ? operation : null;
    }

    private Operation? DecodeBulk(PtxInstruction instruction, InstructionReader reader)
    {
        PtxOperand[] operands = instruction.Operands;
        if (reader.Take("commit_group"))
        {
            return new CommitStores();
        }

        if (reader.Take("wait_group"))
        {
            reader.Take("read");
            return operands is [{ Kind: PtxOperandKind.Immediate, Bits: >= 0 and <= int.MaxValue }] ? new WaitForStores((int)operands[0].Bits) : null;
        }

        // A hint for the cache is one more operand, the last.
        int count = operands.Length - (reader.Take("L2::cache_hint") ? 1 : 0);
        if (reader.Take("tensor"))
        {
            return DecodeTensor(instruction, reader, count);
        }

        if (reader.Take("prefetch"))
        {
            return reader.Take("L2") && reader.Take("global") && count == 2 ? new PrefetchBulk(Address(operands[0]), _registers.Offset(operands[1], 32)) : null;
        }

        bool isLoad = instruction.Modifiers[2] is "shared::cluster" or "shared::cta" && instruction.Modifiers[3] == "global";
        bool isStore = instruction.Modifiers[2] == "global" && instruction.Modifiers[3] == "shared::cta";
        _ = reader.TakeAny("shared::cluster", "shared::cta");
        reader.Take("global");
        if (isLoad && reader.Take("mbarrier::complete_tx::bytes") && count == 4)
        {
            return new LoadBulk(Place(operands[0], true), Address(operands[1]), _registers.Offset(operands[2], 32), Place(operands[3], true));
        }

        return isStore && reader.Take("bulk_group") && count == 3
            ? new StoreBulk(Address(operands[0]), Place(operands[1], true), _registers.Offset(operands[2], 32))
            : null;
    }

    private Operation? DecodeTensor(PtxInstruction instruction, InstructionReader reader, int count)
    {
        PtxOperand[] operands = instruction.Operands;
        string? rank = reader.TakeAny("1d", "2d", "3d", "4d", "5d");
        reader.Take("tile");
        reader.Take("global");
        if (reader.Take("prefetch"))
        {
            return reader.Take("L2") && count == 1 && MapOf(operands[0], rank) is TensorPlace prefetched ? new PrefetchTensor(prefetched) : null;
        }

        bool isLoad = Array.IndexOf(instruction.Modifiers, "global") > 4;
        if (isLoad && reader.TakeAny("shared::cluster", "shared::cta") is not null && reader.Take("mbarrier::complete_tx::bytes") && count == 3
            && MapOf(operands[1], rank) is TensorPlace source)
        {
            return new LoadTensor(Place(operands[0], true), source, Place(operands[2], true));
        }

        return !isLoad && reader.Take("shared::cta") && reader.Take("bulk_group") && count == 2 && MapOf(operands[0], rank) is TensorPlace target
            ? new StoreTensor(target, Place(operands[1], true))
            : null;
    }

    /// <summary>A tensor map and the coordinates of a box; null where there are not as many as dimensions.</summary>
    private TensorPlace? MapOf(PtxOperand operand, string? rank) => rank is null || operand.Parts.Length != rank[0] - '0'
        ? null
        : new TensorPlace(Address(operand), Array.ConvertAll(operand.Parts, part => _registers.Offset(part, 32)));

    private static Operation DecodeFence(PtxInstruction instruction) => instruction switch
    {
        _ when instruction.Has("mbarrier_init") => new MbarrierFence(),
        _ when instruction.Has("proxy") && instruction.Has("async") => instruction.Has("global") ? new Control.Nothing() : new ProxyFence(),
        _ => new Fence(),
    };

    private static GatherAll? DecodeRegisterCount(PtxInstruction instruction)
    {
        PtxOperand[] operands = instruction.Operands;
        bool isMore = instruction.Has("inc");
        if (operands is not [{ Kind: PtxOperandKind.Immediate }] || isMore == instruction.Has("dec"))
        {
            return null;
        }

        return new GatherAll(new SetRegisterCount((int)operands[0].Bits, isMore) { Source = instruction });
    }
}
