using System.Collections.Generic;
using System.Numerics;
using Winnow.Simulator.Execution.Control;
using Winnow.Simulator.Execution.Memory;
using Winnow.Simulator.Profiling;

namespace Winnow.Simulator.Execution;

/// <content>What runs beside the warps: the scheduler ends it when it likes, in any order.</content>
internal sealed unsafe partial class BlockRunner
{
    private readonly List<ICopy> _copies = [];

    /// <summary>Begins something that ends by itself.</summary>
    public void Begin(ICopy copy) => _copies.Add(copy);

    /// <summary>Begins a bulk copy from global to shared memory, of this block or of others of the cluster.</summary>
    /// <param name="source">The copy.</param>
    /// <param name="target">Where it comes to.</param>
    /// <param name="pieces">Its parts.</param>
    public void BeginLoad(BulkSource source, BulkTarget target, CopyPiece[] pieces)
    {
        Counters?.AddBulkLoad(pieces);
        PathTime arrival = source.Warp.Flow?.BulkEnd() ?? default;
        for (uint left = target.Ranks; left != 0; left &= left - 1)
        {
            BlockRunner block = Cluster[BitOperations.TrailingZeroCount(left)];
            Mbarrier barrier = block.BeginArrival(source, target.Offset, target.Bytes, target.Barrier);
            Begin(new BulkLoad(source, barrier) { Pieces = pieces, Offset = target.Offset, Bytes = target.Bytes, Arrival = arrival });
        }
    }

    /// <summary>Looks whether a bulk copy may write to this block's shared memory.</summary>
    /// <returns>The mbarrier that counts its bytes.</returns>
    public Mbarrier BeginArrival(BulkSource source, int offset, int bytes, int barrierAt)
    {
        RequirePresent(source.Warp, source.Lane);
        Mbarrier barrier = FindMbarrier(source.Warp, source.Lane, barrierAt);
        if (_checks is not null)
        {
            _checks.RequireFencedBarrier(source.Warp, source.Lane, barrier);
            _checks.BeginBulkWrite(source.Warp, source.Lane, offset, bytes);
        }

        return barrier;
    }

    /// <summary>Begins a bulk copy from shared memory of this block to that of another one.</summary>
    public void BeginCopyOut(BlockCopy copy)
    {
        _checks?.BeginBulkRead(copy.Warp, copy.Lane, copy.From, copy.Bytes, isWaitedForByWarp: false);
        Begin(copy);
    }

    /// <summary>Looks whether an asynchronous store may write to this block's shared memory, which is on its way from here on.</summary>
    /// <returns>The mbarrier that counts its bytes.</returns>
    public Mbarrier BeginAsyncStore(Warp warp, int lane, in BulkTarget target)
    {
        RequirePresent(warp, lane);
        Mbarrier barrier = FindMbarrier(warp, lane, target.Barrier);
        _checks?.BeginAsyncStore(warp, lane, target.Offset, target.Bytes);
        return barrier;
    }

    /// <summary>Begins a bulk copy to global memory.</summary>
    public void BeginStore(BulkStore store)
    {
        _checks?.BeginBulkRead(store.Warp, store.Lane, store.Offset, store.Bytes, isWaitedForByWarp: true);
        Counters?.AddBulkStore(store.Pieces);
        Begin(store);
    }

    /// <summary>Somebody waited for a bulk copy to global memory: it is over.</summary>
    public void EndStore(BulkStore store)
    {
        _copies.Remove(store);
        store.Finish(this);
        _checks?.EndBulkRead(store.Warp, store.Offset, store.Bytes);
    }

    /// <summary>A proxy fence: what the warp did and knows comes before what the async proxy does for those who see it.</summary>
    public void FenceProxy(Warp warp) => _checks?.Clocks.FenceProxy(warp.Party);

    /// <summary>A fence after <c>mbarrier.init</c>: copies may use the mbarriers that the warp made.</summary>
    public void FenceMbarriers(Warp warp)
    {
        foreach (Mbarrier barrier in _mbarriers.Values)
        {
            barrier.IsFenced |= barrier.Maker == warp;
        }
    }

    private void FinishCopy()
    {
        int choice = (int)(NextRandom() % (uint)_copies.Count);
        ICopy copy = _copies[choice];
        _copies.RemoveAt(choice);
        copy.Warp.Origin = copy.Source;
        copy.Finish(this);
        copy.Warp.Origin = null;
    }

    /// <summary>The block has ended: nobody may be copying to its shared memory or from it.</summary>
    private void EndCopies()
    {
        for (int i = 0; i < WarpCount; i++)
        {
            _warps[i].RequireNoStores();
        }

        foreach (Mbarrier barrier in _mbarriers.Values)
        {
            if (barrier.Unseen is { } copy)
            {
                copy.Warp.Origin = copy.Source;
                string problem = $"the block ends and nobody waited for the copy at {Name(barrier)}, so that it may write to shared memory that others have by then";
                throw copy.Warp.Fault(FaultKinds.MissingWait, copy.Lane, problem);
            }
        }
    }
}
