namespace Winnow.Simulator.Execution.Memory;

/// <summary>An operand that must lie in shared memory: of the block, or where that is allowed of another block of the cluster.</summary>
/// <param name="Address">Its address.</param>
/// <param name="IsGeneric">Whether that is a generic one.</param>
/// <param name="IsOfCluster">Whether other blocks are allowed.</param>
internal readonly record struct SharedPlace(AddressOperand Address, bool IsGeneric, bool IsOfCluster = false)
{
    /// <summary>Writes the offset of each lane to <see cref="Warp.Addresses"/>; <see cref="Find"/> looks at one.</summary>
    public void Compute(Warp warp) => Address.Compute(warp);

    /// <summary>The offset of a lane in the block's own memory, after a look whether it may be accessed.</summary>
    /// <inheritdoc cref="Find"/>
    public int OffsetOf(Warp warp, int lane, int bytes, int alignment) => Find(warp, lane, bytes, alignment).Offset;

    /// <summary>The block and the offset of a lane, after a look whether that may be accessed.</summary>
    /// <param name="warp">The warp.</param>
    /// <param name="lane">The lane.</param>
    /// <param name="bytes">How many bytes are accessed.</param>
    /// <param name="alignment">What the offset must be a multiple of.</param>
    public unsafe (BlockRunner Block, int Offset) Find(Warp warp, int lane, int bytes, int alignment)
    {
        ulong offset = warp.Addresses[lane] - (IsGeneric ? AddressSpaces.Shared : 0);
        BlockRunner block = warp.Block;
        if (IsOfCluster && ClusterAddress.RankOf(offset) is int rank and >= 0 && rank < block.Cluster.Count)
        {
            block = block.Cluster[rank];
            offset = ClusterAddress.OffsetOf(offset);
        }

        ulong size = (ulong)block.SharedBytes;
        if (offset > size || offset + (ulong)bytes > size)
        {
            string problem = $"{bytes} bytes at address 0x{warp.Addresses[lane]:x}, which are not in the {size} bytes of shared memory";
            throw warp.Fault(FaultKinds.OutOfBounds, lane, problem);
        }

        return offset % (ulong)alignment == 0
            ? (block, (int)offset)
            : throw warp.Fault(FaultKinds.Misaligned, lane, $"byte {offset} of shared memory where a multiple of {alignment} is needed");
    }
}
