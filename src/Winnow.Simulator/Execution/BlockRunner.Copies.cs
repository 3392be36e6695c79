using System.Collections.Generic;
using Winnow.Simulator.Execution.Control;
using Winnow.Simulator.Execution.Memory;

namespace Winnow.Simulator.Execution;

/// <content>What runs beside the warps: the scheduler ends it when it likes, in any order.</content>
internal sealed unsafe partial class BlockRunner
{
    private readonly List<ICopy> _copies = [];

    /// <summary>Begins something that ends by itself.</summary>
    public void Begin(ICopy copy) => _copies.Add(copy);

    /// <summary>Begins a bulk copy to shared memory.</summary>
    public void BeginLoad(Mbarrier barrier, BulkLoad load)
    {
        if (_checks is not null)
        {
            _checks.RequireFencedBarrier(load.Warp, load.Lane, barrier);
            _checks.BeginBulkWrite(load.Warp, load.Lane, load.Offset, load.Bytes);
        }

        Counters?.AddBulkLoad(load.Pieces);
        Begin(load);
    }

    /// <summary>Begins a bulk copy to global memory.</summary>
    public void BeginStore(BulkStore store)
    {
        _checks?.BeginBulkRead(store.Warp, store.Lane, store.Offset, store.Bytes);
        Counters?.AddBulkStore(store.Pieces);
        Begin(store);
    }

    /// <summary>Somebody waited for a bulk copy to global memory: it is over.</summary>
    public void EndStore(BulkStore store)
    {
        _copies.Remove(store);
        store.Finish(this);
        _checks?.EndBulkRead(store.Warp.Index, store.Offset, store.Bytes);
    }

    /// <summary>A proxy fence: what the warp did and knows comes before what the async proxy does for those who see it.</summary>
    public void FenceProxy(Warp warp) => _checks?.Clocks.FenceProxy(warp.Index);

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
