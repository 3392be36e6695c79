using System;
using System.Numerics;
using Winnow.Simulator.Execution.Control;
using Winnow.Simulator.Profiling;

namespace Winnow.Simulator.Execution.Memory;

/// <summary><c>cp.async.bulk</c> from global to shared memory.</summary>
/// <param name="destination">Where to.</param>
/// <param name="source">Where from, a global address.</param>
/// <param name="bytes">The register of how many bytes.</param>
internal sealed unsafe class LoadBulk(BulkDestination destination, AddressOperand source, int bytes) : Operation
{
    public override void Execute(Warp warp, uint lanes)
    {
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            int count = BulkSize.Read(warp, bytes, lane);
            source.Compute(warp);
            ulong from = warp.Addresses[lane];
            warp.CheckBulk(lane, from, count, Access.Read);
            BulkTarget target = destination.Find(warp, lane, count, BulkSize.Step);
            warp.Block.BeginLoad(new BulkSource(Source, warp, lane), target, [new CopyPiece(from, target.Offset, count)]);
        }
    }
}

/// <summary><c>cp.async.bulk</c> from shared to global memory.</summary>
/// <param name="destination">Where to, a global address.</param>
/// <param name="source">Where from.</param>
/// <param name="bytes">The register of how many bytes.</param>
internal sealed unsafe class StoreBulk(AddressOperand destination, SharedPlace source, int bytes) : Operation
{
    public override void Execute(Warp warp, uint lanes)
    {
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            int count = BulkSize.Read(warp, bytes, lane);
            destination.Compute(warp);
            ulong to = warp.Addresses[lane];
            warp.CheckBulk(lane, to, count, Access.Write);
            source.Compute(warp);
            int from = source.OffsetOf(warp, lane, count, BulkSize.Step);
            CopyPiece[] pieces = [new CopyPiece(to, from, count)];
            warp.BeginStore(new BulkStore(new BulkSource(Source, warp, lane)) { Pieces = pieces, Offset = from, Bytes = count, Group = warp.StoreGroupOf(lane) });
        }
    }
}

/// <summary><c>cp.async.bulk</c> from shared memory of the block to that of a block of the cluster.</summary>
/// <param name="destination">Where to.</param>
/// <param name="source">Where from.</param>
/// <param name="bytes">The register of how many bytes.</param>
internal sealed class CopyToBlock(BulkDestination destination, SharedPlace source, int bytes) : Operation
{
    public override void Execute(Warp warp, uint lanes)
    {
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            int count = BulkSize.Read(warp, bytes, lane);
            source.Compute(warp);
            int from = source.OffsetOf(warp, lane, count, BulkSize.Step);
            BulkTarget target = destination.Find(warp, lane, count, BulkSize.Step);
            BulkSource begun = new(Source, warp, lane);
            BlockRunner block = warp.Block.Cluster[BitOperations.TrailingZeroCount(target.Ranks)];
            Mbarrier barrier = block.BeginArrival(begun, target.Offset, count, target.Barrier);
            PathTime arrival = warp.Flow?.RemoteEnd() ?? default;
            warp.Block.BeginCopyOut(new BlockCopy(begun, barrier) { From = from, Offset = target.Offset, Bytes = count, Arrival = arrival });
        }
    }
}

/// <summary><c>st.async</c></summary>
/// <param name="destination">Where to.</param>
/// <param name="sources">The registers of the values.</param>
/// <param name="bytes">The size of a value, 4 or 8.</param>
internal sealed unsafe class StoreAsync(BulkDestination destination, int[] sources, int bytes) : Operation
{
    public override void Execute(Warp warp, uint lanes)
    {
        int count = bytes * sources.Length;
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            byte[] data = new byte[count];
            for (int i = 0; i < sources.Length; i++)
            {
                new ReadOnlySpan<byte>(warp.Registers + sources[i] + (lane * bytes), bytes).CopyTo(data.AsSpan(i * bytes));
            }

            BulkTarget target = destination.Find(warp, lane, count, count);
            BlockRunner block = warp.Block.Cluster[BitOperations.TrailingZeroCount(target.Ranks)];
            Mbarrier barrier = block.BeginAsyncStore(warp, lane, target);
            PathTime arrival = warp.Flow?.RemoteEnd() ?? default;
            warp.Block.Begin(new AsyncStore(new BulkSource(Source, warp, lane), barrier, data) { Offset = target.Offset, Bytes = count, Arrival = arrival });
        }
    }
}

/// <summary><c>cp.async.bulk.prefetch</c>: nothing happens, but the range must be there.</summary>
internal sealed unsafe class PrefetchBulk(AddressOperand source, int bytes) : Operation
{
    public override void Execute(Warp warp, uint lanes)
    {
        source.Compute(warp);
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            warp.CheckBulk(lane, warp.Addresses[lane], BulkSize.Read(warp, bytes, lane), 0);
        }
    }
}

/// <summary><c>cp.async.bulk.commit_group</c></summary>
internal sealed class CommitStores : Operation
{
    public override void Execute(Warp warp, uint lanes) => warp.CommitStores(lanes);
}

/// <summary><c>cp.async.bulk.wait_group</c></summary>
internal sealed class WaitForStores(int pending) : Operation
{
    public override void Execute(Warp warp, uint lanes) => warp.WaitForStores(pending, lanes);
}

/// <summary>The size of a bulk copy.</summary>
internal static unsafe class BulkSize
{
    /// <summary>What sizes and addresses must be multiples of.</summary>
    public const int Step = 16;

    /// <summary>The size for a lane.</summary>
    public static int Read(Warp warp, int register, int lane)
    {
        uint bytes = ((uint*)(warp.Registers + register))[lane];
        return bytes % Step == 0 && bytes <= int.MaxValue
            ? (int)bytes
            : throw warp.Fault(FaultKinds.InvalidOperand, lane, $"a bulk copy of {bytes} bytes, which is no multiple of {Step}");
    }
}
