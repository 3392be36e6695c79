using System;
using System.Numerics;
using Winnow.Simulator.Execution.Memory;

namespace Winnow.Simulator.Execution;

/// <content>Accesses to shared memory of the cluster.</content>
internal sealed unsafe partial class Warp
{
    /// <summary>Replaces addresses in shared memory of the cluster by pointers.</summary>
    public void ResolveCluster(uint lanes, int bytes, Access access)
    {
        if (Block.Cluster.Count == 1 || With(Addresses, rank: -1, lanes) == lanes)
        {
            ResolveShared(lanes, bytes, access);
            return;
        }

        // Lanes that access different blocks go one block after the other.
        ulong* resolved = stackalloc ulong[Lanes];
        ulong* original = stackalloc ulong[Lanes];
        new Span<ulong>(Addresses, Lanes).CopyTo(new Span<ulong>(original, Lanes));
        uint same;
        for (uint left = lanes; left != 0; left &= ~same)
        {
            new Span<ulong>(original, Lanes).CopyTo(new Span<ulong>(Addresses, Lanes));
            int rank = ClusterAddress.RankOf(original[BitOperations.TrailingZeroCount(left)]);
            same = With(original, rank, left);
            if (rank >= 0 && rank < Block.Cluster.Count)
            {
                ResolveBlock(Block.Cluster[rank], same, bytes, access);
            }
            else
            {
                ResolveShared(same, bytes, access);
            }

            Keep(resolved, Addresses, same);
        }

        Keep(Addresses, resolved, lanes);
        IsSequence = false;
    }

    private void ResolveBlock(BlockRunner block, uint lanes, int bytes, Access access)
    {
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            ref ulong address = ref Addresses[BitOperations.TrailingZeroCount(left)];
            address = ClusterAddress.OffsetOf(address);
        }

        if (block == Block)
        {
            ResolveShared(lanes, bytes, access);
            return;
        }

        Bounds bounds = Bounds.Of(Addresses, lanes);
        IsSequence = bounds.IsSequence(Addresses, lanes, bytes);
        if ((bounds.Union & (ulong)(bytes - 1)) != 0)
        {
            throw Misaligned(lanes, bytes);
        }

        if (bounds.Highest + (ulong)bytes > (ulong)block.SharedBytes)
        {
            throw OutsideShared(lanes, bytes, access);
        }

        if (Block.Counters is { } counters)
        {
            CountShared(counters, lanes, bytes);
            Flow!.NoteRemote();
        }

        block.Visit(this, BitOperations.TrailingZeroCount(lanes));
        if (Block.Launch.Checks)
        {
            block.CheckShared(this, lanes, bytes, access);
        }

        Add((ulong)block.Shared);
    }

    /// <summary>Those of some lanes whose addresses are in a block of the cluster.</summary>
    private static uint With(ulong* addresses, int rank, uint lanes)
    {
        uint same = 0;
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            same |= ClusterAddress.RankOf(addresses[lane]) == rank ? 1u << lane : 0;
        }

        return same;
    }
}
