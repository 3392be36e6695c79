using System.Numerics;
using Winnow.Simulator.Operations;

namespace Winnow.Simulator.Execution.Memory;

/// <summary><c>mapa</c>: the address, in another block of the cluster, of what a thread has in its own.</summary>
/// <param name="destination">Takes the address.</param>
/// <param name="source">The address in the own block.</param>
/// <param name="rank">The register of the rank of the other one.</param>
/// <param name="isGeneric">Whether addresses are generic.</param>
internal sealed unsafe class MapAddress(Slot destination, Slot source, int rank, bool isGeneric) : Operation
{
    public override void Execute(Warp warp, uint lanes)
    {
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            uint other = ((uint*)(warp.Registers + rank))[lane];
            if (other >= (uint)warp.Block.Cluster.Count)
            {
                throw warp.Fault(FaultKinds.InvalidOperand, lane, $"block {other} of a cluster of {warp.Block.Cluster.Count}");
            }

            ulong window = isGeneric ? AddressSpaces.Shared : 0;
            ulong address = ReadRank.Read(warp, source, lane, isGeneric);
            ulong offset = ClusterAddress.OffsetOf(address);
            destination.Write(warp.Registers, lane, window | ((int)other == warp.Rank ? offset : ClusterAddress.Of((int)other, offset)));
        }
    }
}

/// <summary><c>getctarank</c>: the rank of the block of an address.</summary>
/// <param name="destination">Takes the rank.</param>
/// <param name="source">The address.</param>
/// <param name="isGeneric">Whether it is generic.</param>
internal sealed unsafe class ReadRank(Slot destination, Slot source, bool isGeneric) : Operation
{
    public override void Execute(Warp warp, uint lanes)
    {
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            int rank = ClusterAddress.RankOf(Read(warp, source, lane, isGeneric));
            destination.Write(warp.Registers, lane, (ulong)(rank < 0 ? warp.Rank : rank));
        }
    }

    /// <summary>An address in the window of the cluster's shared memory.</summary>
    public static ulong Read(Warp warp, Slot slot, int lane, bool isGeneric)
    {
        ulong address = slot.Read(warp.Registers, lane);
        if (isGeneric && (address & AddressSpaces.WindowMask) != AddressSpaces.Shared)
        {
            throw warp.Fault(FaultKinds.InvalidOperand, lane, $"0x{address:x} is no address in shared memory");
        }

        return address & ~AddressSpaces.WindowMask;
    }
}
