using System.Numerics;
using Winnow.Simulator.Execution.Control;

namespace Winnow.Simulator.Execution.Memory;

/// <summary><c>cp.async.bulk</c> from global to shared memory.</summary>
/// <param name="destination">Where to.</param>
/// <param name="source">Where from, a global address.</param>
/// <param name="bytes">The register of how many bytes.</param>
/// <param name="barrier">The mbarrier that waits for them.</param>
internal sealed unsafe class LoadBulk(SharedPlace destination, AddressOperand source, int bytes, SharedPlace barrier) : Operation
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
            destination.Compute(warp);
            int to = destination.OffsetOf(warp, lane, count, BulkSize.Step);
            barrier.Compute(warp);
            Mbarrier counter = warp.Block.FindMbarrier(warp, lane, barrier.OffsetOf(warp, lane, Mbarrier.Bytes, Mbarrier.Bytes));
            warp.Block.BeginLoad(counter, new BulkLoad(Source, warp, lane, counter) { Pieces = [new CopyPiece(from, to, count)], Offset = to, Bytes = count });
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
            warp.BeginStore(new BulkStore(Source, warp, lane) { Pieces = pieces, Offset = from, Bytes = count, Group = warp.StoreGroupOf(lane) });
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
