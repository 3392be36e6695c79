using System;
using System.Collections.Generic;
using Winnow.Simulator.Execution.Control;
using Winnow.Simulator.Execution.Memory;

namespace Winnow.Simulator.Execution;

/// <content>The block's mbarriers.</content>
internal sealed unsafe partial class BlockRunner
{
    private const int Impatience = 4;

    private readonly Dictionary<int, Mbarrier> _mbarriers = [];
    private int _mbarriersMade;

    /// <summary>Makes an mbarrier.</summary>
    /// <param name="warp">Who does.</param>
    /// <param name="lane">Which of its lanes.</param>
    /// <param name="offset">Where in shared memory.</param>
    /// <param name="count">Arrivals that a phase needs.</param>
    public void MakeMbarrier(Warp warp, int lane, int offset, uint count)
    {
        if (_mbarriers.ContainsKey(offset))
        {
            throw warp.Fault(FaultKinds.InvalidBarrier, lane, $"byte {offset} of shared memory holds an mbarrier already; mbarrier.inval ends one");
        }

        if (count is 0 or > Mbarrier.Most)
        {
            throw warp.Fault(FaultKinds.BarrierOverflow, lane, $"an mbarrier for {count} arrivals; it is for 1 to {Mbarrier.Most}");
        }

        _checks?.MakeBarrier(warp, lane, offset);
        Mbarrier barrier = new(this, offset, _mbarriersMade++ % WarpClocks.Agents, _checks?.Clocks.Row ?? 0);
        (barrier.Maker, barrier.Expected, barrier.Pending) = (warp, (int)count, (int)count);
        _mbarriers.Add(offset, barrier);
    }

    /// <summary>Ends an mbarrier: its bytes are memory like any other.</summary>
    public void EndMbarrier(Warp warp, int lane, int offset)
    {
        Mbarrier barrier = FindMbarrier(warp, lane, offset);
        if (barrier.Waiting.Count > 0)
        {
            throw warp.Fault(FaultKinds.InvalidBarrier, lane, $"{Name(barrier)} ends while warp {barrier.Waiting[0].Warp.Index} waits for it");
        }

        _checks?.EndBarrier(warp, lane, offset);
        _mbarriers.Remove(offset);
    }

    /// <summary>The mbarrier that an instruction is about.</summary>
    public Mbarrier FindMbarrier(Warp warp, int lane, int offset)
    {
        if (!_mbarriers.TryGetValue(offset, out Mbarrier? barrier))
        {
            throw warp.Fault(FaultKinds.InvalidBarrier, lane, $"byte {offset} of shared memory is no mbarrier; mbarrier.init makes one");
        }

        _checks?.UseBarrier(warp, lane, barrier);
        return barrier;
    }

    /// <summary>Something is about to end that an mbarrier waits for: it must be there still.</summary>
    public void Require(Mbarrier barrier, Warp warp, int lane)
    {
        if (_mbarriers.GetValueOrDefault(barrier.Offset) != barrier)
        {
            throw warp.Fault(FaultKinds.InvalidBarrier, lane, $"{Name(barrier)} ended before what it waits for had come");
        }
    }

    /// <summary>Arrivals at an mbarrier.</summary>
    /// <param name="barrier">The mbarrier.</param>
    /// <param name="warp">Who arrives.</param>
    /// <param name="lane">Which of its lanes.</param>
    /// <param name="count">How many arrivals.</param>
    /// <param name="releases">Whether those who wait for the phase see what the warp did before.</param>
    public void Arrive(Mbarrier barrier, Warp warp, int lane, uint count, bool releases)
    {
        if (count == 0 || count > barrier.Pending)
        {
            string needed = $"phase {barrier.Phase} of {Name(barrier)} needs {barrier.Pending} of {barrier.Expected} arrivals";
            throw warp.Fault(FaultKinds.BarrierOverflow, lane, $"{count} arrivals where {needed}");
        }

        if (releases)
        {
            _checks?.Clocks.Arrive(warp.Party, barrier.Known);
        }

        barrier.Pending -= (int)count;
        AdvanceIfComplete(barrier);
    }

    /// <summary>Announces bytes (more than 0) or says that they came (less).</summary>
    public static void AddTransactions(Mbarrier barrier, Warp warp, int lane, long bytes)
    {
        long sum = barrier.Transactions + bytes;
        if (Math.Abs(bytes) > Mbarrier.Most || Math.Abs(sum) > Mbarrier.Most)
        {
            throw warp.Fault(FaultKinds.BarrierOverflow, lane, $"{sum} bytes are on their way to {Name(barrier)}, which counts up to {Mbarrier.Most}");
        }

        barrier.Transactions = (int)sum;
    }

    /// <summary>Begins the next phase where all came that the present one waits for.</summary>
    public void AdvanceIfComplete(Mbarrier barrier)
    {
        if (!barrier.IsComplete)
        {
            return;
        }

        barrier.Advance();
        foreach ((Warp warp, Split split) in barrier.Waiting)
        {
            warp.Release(split);
            MakeRunnable(warp);
        }

        barrier.Waiting.Clear();
    }

    /// <summary>A warp saw that the phase before is complete.</summary>
    /// <param name="barrier">The mbarrier.</param>
    /// <param name="warp">The warp.</param>
    /// <param name="acquires">Whether it sees what those did before that arrived.</param>
    public void See(Mbarrier barrier, Warp warp, bool acquires)
    {
        barrier.Unseen = barrier.UnseenPhase == barrier.Phase ? barrier.Unseen : null;
        warp.Flow?.LeavePhase(barrier.TimeBefore);
        if (acquires)
        {
            _checks?.Clocks.Leave(warp.Party, barrier.KnownBefore);
        }
    }

    /// <summary>Lets lanes wait until the present phase is complete and then look again, or not: a wait may end before what it waits for has come.</summary>
    /// <returns>False where they do not wait.</returns>
    public bool TryWait(Mbarrier barrier, Warp warp, uint lanes)
    {
        if (NextRandom() % Impatience == 0)
        {
            return false;
        }

        barrier.Waiting.Add((warp, warp.WaitToRepeat(lanes)));
        return true;
    }

    private static string Name(Mbarrier barrier) => $"the mbarrier at byte {barrier.Offset}";

    private void StartMbarriers()
    {
        _mbarriers.Clear();
        _mbarriersMade = 0;
        _copies.Clear();
    }

    /// <summary>No warp can go on and no copy is on its way: those who wait do so for ever.</summary>
    private void EndMbarriers()
    {
        foreach (Mbarrier barrier in _mbarriers.Values)
        {
            if (barrier.Waiting.Count > 0)
            {
                (Warp warp, Split split) = barrier.Waiting[0];
                string missing = $"{barrier.Pending} of {barrier.Expected} arrivals and {barrier.Transactions} bytes are missing";
                string problem = $"{missing} in phase {barrier.Phase} of {Name(barrier)}, and nobody is left who could bring them";
                throw warp.FaultBefore(split, FaultKinds.Deadlock, problem);
            }
        }
    }
}
