using System;
using Winnow.Simulator.Profiling;

namespace Winnow.Simulator.Execution;

/// <content>The critical path of the block: its barriers, and the last warp that ends.</content>
internal sealed unsafe partial class BlockRunner
{
    private LineTimes? _lines;
    private long _exitTime;

    private void BeginFlow()
    {
        _lines = Counters is null ? null : _lines ?? new LineTimes();
        for (int i = 0; i < _warps.Count; i++)
        {
            _warps[i].Flow = _lines is null ? null : new WarpFlow(_warps[i], Launch.Latencies, _lines);
        }
    }

    private void StartFlow()
    {
        _lines?.Clear();
        _exitTime = 0;
    }

    /// <summary>Lanes end; who waits for all threads waits for them, too.</summary>
    private void NoteExit(Warp warp) => _exitTime = Math.Max(_exitTime, warp.Flow?.Begin() ?? 0);

    /// <summary>Lets those go on who wait at a barrier that is complete: when the last one came, and what the barrier takes.</summary>
    private void LeaveFlow(BarrierState barrier)
    {
        if (_lines is null)
        {
            return;
        }

        bool isOfAll = barrier.Threads == 0;
        int warps = (barrier.Arrived + Warp.Lanes - 1) / Warp.Lanes;
        long came = isOfAll ? Math.Max(barrier.Time, _exitTime) : barrier.Time;
        long time = PathTime.After(came, Launch.Latencies.Barrier + (warps * Launch.Latencies.BarrierWarp));
        foreach ((Warp warp, _, _) in barrier.Waiting)
        {
            warp.Flow!.Lift(time);
        }

        for (int i = 0; i < WarpCount && isOfAll; i++)
        {
            _warps[i].Flow!.ShareLines();
        }
    }
}
