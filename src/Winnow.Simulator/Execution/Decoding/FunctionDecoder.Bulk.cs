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

        (string to, string from) = (instruction.Modifiers[2], instruction.Modifiers[3]);
        reader.Take(to);
        reader.Take(from);
        if (to is "shared::cluster" or "shared::cta" && reader.Take("mbarrier::complete_tx::bytes"))
        {
            bool isOfCluster = to == "shared::cluster";
            BulkDestination? destination = DestinationOf(operands, 3, count, isOfCluster, isOfCluster && from == "global" && reader.Take("multicast::cluster"));
            int bytes = _registers.Offset(operands[2], 32);
            return (destination, from) switch
            {
                (null, _) => null,
                (_, "global") => new LoadBulk(destination, Address(operands[1]), bytes),
                (_, "shared::cta") when isOfCluster => new CopyToBlock(destination, Place(operands[1], true), bytes),
                _ => null,
            };
        }

        bool isStore = to == "global" && from == "shared::cta";

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
        if (isLoad && reader.TakeAny("shared::cluster", "shared::cta") is string to && reader.Take("mbarrier::complete_tx::bytes")
            && MapOf(operands[1], rank) is TensorPlace source)
        {
            bool isOfCluster = to == "shared::cluster";
            return DestinationOf(operands, 2, count, isOfCluster, isOfCluster && reader.Take("multicast::cluster")) is BulkDestination destination
                ? new LoadTensor(destination, source)
                : null;
        }

        return !isLoad && reader.Take("shared::cta") && reader.Take("bulk_group") && count == 2 && MapOf(operands[0], rank) is TensorPlace target
            ? new StoreTensor(target, Place(operands[1], true))
            : null;
    }

    /// <summary>Where a copy to shared memory comes to; null where there are not as many operands as that needs.</summary>
    /// <param name="operands">The operands; the place is the first.</param>
    /// <param name="barrier">The index of the mbarrier; a mask of blocks comes after it, and is the last.</param>
    /// <param name="count">How many operands there are, without a hint for the cache.</param>
    /// <param name="isOfCluster">Whether it may be in another block.</param>
    /// <param name="isMulticast">Whether there is a mask.</param>
    private BulkDestination? DestinationOf(PtxOperand[] operands, int barrier, int count, bool isOfCluster, bool isMulticast)
    {
        int last = isMulticast ? barrier + 1 : barrier;
        return count != last + 1
            ? null
            : new BulkDestination(
                Place(operands[0], true, isOfCluster), Place(operands[barrier], true, isOfCluster), isMulticast ? _registers.Offset(operands[last], 16) : -1);
    }

    /// <summary>A tensor map and the coordinates of a box; null where there are not as many as dimensions.</summary>
    private TensorPlace? MapOf(PtxOperand operand, string? rank) => rank is null || operand.Parts.Length != rank[0] - '0'
        ? null
        : new TensorPlace(Address(operand), Array.ConvertAll(operand.Parts, part => _registers.Offset(part, 32)));

    private static Operation DecodeFence(PtxInstruction instruction) => instruction switch
    {
        _ when instruction.Has("mbarrier_init") => new MbarrierFence(),
        _ when instruction.Has("proxy") && instruction.Has("async") => instruction.Has("global") ? new Control.Nothing() : new ProxyFence(),
        _ => new Fence(!instruction.Has("cta") && !instruction.Has("cluster")),
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
