using Winnow.Simulator.Execution.Control;

namespace Winnow.Simulator.Execution.Memory;

/// <summary>Where a copy to shared memory comes to.</summary>
/// <param name="Offset">Where its range begins in each block.</param>
/// <param name="Bytes">How many bytes that has.</param>
/// <param name="Barrier">Where the mbarrier lies in each block that waits for them.</param>
/// <param name="Ranks">Bit i: block i of the cluster is meant.</param>
internal readonly record struct BulkTarget(int Offset, int Bytes, int Barrier, uint Ranks);

/// <summary>The operands of where a copy to shared memory comes to: a place and an mbarrier in the same block, or with a mask in several blocks.</summary>
/// <param name="Place">Where to.</param>
/// <param name="Barrier">The mbarrier that waits for the bytes.</param>
/// <param name="Mask">The register of the mask of blocks of a multicast; below 0 where it is none.</param>
internal sealed unsafe record BulkDestination(SharedPlace Place, SharedPlace Barrier, int Mask = -1)
{
    /// <summary>Where it is for a lane, after a look whether that is possible.</summary>
    /// <param name="warp">The warp.</param>
    /// <param name="lane">The lane.</param>
    /// <param name="bytes">How many bytes are copied.</param>
    /// <param name="alignment">What the place must be a multiple of.</param>
    public BulkTarget Find(Warp warp, int lane, int bytes, int alignment)
    {
        Place.Compute(warp);
        (BlockRunner block, int offset) = Place.Find(warp, lane, bytes, alignment);
        Barrier.Compute(warp);
        (BlockRunner counting, int barrier) = Barrier.Find(warp, lane, Mbarrier.Bytes, Mbarrier.Bytes);
        uint ranks = 1u << block.Rank;
        string? problem = block == counting ? null : $"a copy to block {block.Rank} of the cluster whose mbarrier lies in block {counting.Rank}";
        if (Mask >= 0)
        {
            int count = warp.Block.Cluster.Count;
            ranks = ((uint*)(warp.Registers + Mask))[lane] & ushort.MaxValue;
            problem = ranks != 0 && ranks >> count == 0 ? null : $"a copy to the blocks 0x{ranks:x} of a cluster of {count}";
        }

        return problem is null ? new BulkTarget(offset, bytes, barrier, ranks) : throw warp.Fault(FaultKinds.InvalidOperand, lane, problem);
    }
}
