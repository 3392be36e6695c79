using System;
using System.Collections.Generic;
using System.Numerics;
using Winnow.Simulator.Execution.Control;
using Winnow.Simulator.Profiling;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Execution;

/// <content>Barriers of the block.</content>
internal sealed unsafe partial class BlockRunner
{
    /// <summary>How many barriers a block has.</summary>
    public const int Barriers = 16;

    private readonly BarrierState[] _barriers = MakeBarriers();

    /// <summary>Threads that have not ended.</summary>
    private int _liveThreads;

    /// <summary>Whether all its threads have ended, and its shared memory with them.</summary>
    public bool HasEnded => _liveThreads == 0;

    /// <summary>Lanes come to a barrier; they wait there unless it is complete or they only tell that they came.</summary>
    /// <param name="warp">Their warp.</param>
    /// <param name="operation">The instruction.</param>
    /// <param name="lanes">Which.</param>
    /// <param name="id">The barrier.</param>
    /// <param name="threads">How many threads it is for; 0 for all of the block.</param>
    public void Arrive(Warp warp, BlockBarrier operation, uint lanes, int id, int threads)
    {
        BarrierState barrier = _barriers[id];
        if (barrier.Arrived == 0)
        {
            (barrier.Threads, barrier.First, barrier.Count) = (threads, operation, 0);
        }

        Compare(warp, operation, lanes, barrier, threads, id);
        barrier.Time = PathTime.Max(barrier.Time, warp.Flow?.Begin() ?? default);
        barrier.Arrived += threads > 0 && operation.IsAligned ? Warp.Lanes : BitOperations.PopCount(lanes);
        barrier.Count += operation.CountOf(warp, lanes);
        _checks?.Clocks.Arrive(warp.Party, KnownOf(barrier));
        if (!operation.IsArrival)
        {
            barrier.Waiting.Add((warp, warp.WaitForBarrier(lanes), operation));
        }

        if (threads > 0 && barrier.Arrived > threads)
        {
            throw warp.Fault(FaultKinds.MismatchedBarrier, BitOperations.TrailingZeroCount(lanes), $"barrier {id} is for {threads} threads, and {barrier.Arrived} came");
        }

        CompleteIfAll(barrier);
    }

    /// <summary>Some lanes of a warp ended.</summary>
    public void OnExit(Warp warp, uint lanes)
    {
        _liveThreads -= BitOperations.PopCount(lanes);
        NoteExit(warp);
        Cluster.OnExit(warp, lanes);
        if (HasEnded)
        {
            _checks?.RequireNoVisitors(WarpCount);
        }

        foreach (BarrierState barrier in _barriers)
        {
            if (barrier.Arrived > 0)
            {
                CompleteIfAll(barrier);
            }
        }
    }

    private static BarrierState[] MakeBarriers()
    {
        var barriers = new BarrierState[Barriers];
        for (int i = 0; i < Barriers; i++)
        {
            barriers[i] = new BarrierState();
        }

        return barriers;
    }

    private static void Compare(Warp warp, BlockBarrier operation, uint lanes, BarrierState barrier, int threads, int id)
    {
        (PtxInstruction here, PtxInstruction there) = (operation.Source, barrier.First.Source);
        string? difference = null;
        if (barrier.Threads != threads)
        {
            difference = $"{Name(threads)} threads here and {Name(barrier.Threads)} at line {there.Line}";
        }
        else if (operation.Result != barrier.First.Result)
        {
            difference = $"a {operation.Result} here and a {barrier.First.Result} at line {there.Line}";
        }
        else if (threads == 0 && (here.Line != there.Line || here.File != there.File))
        {
            difference = $"some threads of the block come to it here and others at line {there.Line} of {there.File}";
        }

        if (difference is not null)
        {
            throw warp.Fault(FaultKinds.MismatchedBarrier, BitOperations.TrailingZeroCount(lanes), $"barrier {id}: {difference}");
        }
    }

    /// <summary>What those know that came to a barrier: a row of the clocks.</summary>
    private uint[] KnownOf(BarrierState barrier)
    {
        if (barrier.Known.Length == 0)
        {
            barrier.Known = new uint[_checks!.Clocks.Row];
        }

        return barrier.Known;
    }

    private static string Name(int threads) => threads == 0 ? "all" : threads.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private void CompleteIfAll(BarrierState barrier)
    {
        int needed = barrier.Threads == 0 ? _liveThreads : barrier.Threads;
        if (barrier.Arrived < needed || (barrier.Waiting.Count == 0 && barrier.Threads == 0))
        {
            return;
        }

        LeaveFlow(barrier);
        uint warps = 0;
        foreach ((Warp warp, Split split, BlockBarrier operation) in barrier.Waiting)
        {
            operation.Deliver(split, barrier.Count, barrier.Arrived);
            _checks?.Clocks.Leave(warp.Party, KnownOf(barrier));
            warps |= 1u << warp.Index;
            warp.Release(split);
            MakeRunnable(warp);
        }

        _checks?.Clocks.Align(Rank, warps);
        barrier.Clear();
    }

    private void StartBarriers()
    {
        _liveThreads = Launch.Threads;
        foreach (BarrierState barrier in _barriers)
        {
            barrier.Clear();
        }
    }

    /// <summary>No warp can go on: either all have ended, or those that are left wait for ever.</summary>
    private void EndBarriers()
    {
        foreach (BarrierState barrier in _barriers)
        {
            if (barrier.Waiting.Count > 0)
            {
                (Warp warp, Split split, _) = barrier.Waiting[0];
                throw warp.FaultAt(split, FaultKinds.Deadlock, Missing(barrier));
            }
        }
    }

    private string Missing(BarrierState barrier) => barrier.Threads == 0
        ? $"{barrier.Arrived} of the {_liveThreads} threads left wait at a barrier of all threads that the others do not come to"
        : $"{barrier.Arrived} of {barrier.Threads} threads came to a barrier, and no others can come";

    private sealed class BarrierState
    {
        public List<(Warp Warp, Split Split, BlockBarrier Operation)> Waiting { get; } = [];

        public int Threads { get; set; }

        public int Arrived { get; set; }

        public int Count { get; set; }

        public uint[] Known { get; set; } = [];

        /// <summary>When the last of those came, where that is counted.</summary>
        public PathTime Time { get; set; }

        public BlockBarrier First { get; set; } = null!;

        public void Clear()
        {
            Waiting.Clear();
            (Arrived, Count, Time) = (0, 0, default);
            Array.Clear(Known);
        }
    }
}
