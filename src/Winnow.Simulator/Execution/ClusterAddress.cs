namespace Winnow.Simulator.Execution;

/// <summary>
/// Addresses in the window of a cluster's shared memory: an offset, and from a bit on the rank of the block, counted from 1. Without one they are the
/// block's own, as in the window of its shared memory, which is a part of this one.
/// </summary>
internal static class ClusterAddress
{
    private const int RankShift = 24;
    private const ulong OffsetMask = (1ul << RankShift) - 1;

    /// <summary>The address of an offset in another block.</summary>
    public static ulong Of(int rank, ulong offset) => ((ulong)(rank + 1) << RankShift) | offset;

    /// <summary>The rank in an address; below 0 where it has none.</summary>
    public static int RankOf(ulong address) => address >> RankShift is >= 1 and <= Cluster.MostBlocks and ulong part ? (int)part - 1 : -1;

    /// <summary>The offset in an address.</summary>
    public static ulong OffsetOf(ulong address) => address & OffsetMask;
}
