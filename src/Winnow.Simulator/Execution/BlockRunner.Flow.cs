using System;
using Winnow.Simulator.Execution.Control;
using Winnow.Simulator.Profiling;

namespace Winnow.Simulator.Execution;

/// <content>The critical path of the block: its barriers, and the last warp that ends.</content>
internal sealed unsafe partial class BlockRunner
{
    private LineTimes? _lines;
    private PathTime _exitTime;
    private MultiprocessorUnits? _units;
    private long _turnClocks;

    private void BeginFlow()
    {
        _lines = Counters is null ? null : _lines ?? new LineTimes();
        _units = Launch.Units is { } table && _lines is not null ? new MultiprocessorUnits(table) : null;
        _turnClocks = 0;
        Cluster.BeginTrace(_lines is not null && Launch.TracesPaths);
        for (int i = 0; i < _warps.Count; i++)
        {
            _warps[i].Flow = _lines is null ? null : new WarpFlow(_warps[i], Launch.Latencies, _lines, Cluster.Trace, _units);
        }
    }

    /// <inheritdoc/>
    public void BeginTurn()
    {
        if (_turnClocks > 0 && _units is not null)
        {
            Counters!.AddTurn(_turnClocks);
        }

        _turnClocks = 0;
        _units?.Clear();
    }

    private void StartFlow()
    {
        _lines?.Clear();
        _exitTime = default;
    }

    private void EndFlow()
    {
        Counters?.AddPath(PathSum.Of(_exitTime, Cluster.Trace), _lines!.DrawsWork);
        _turnClocks = Math.Max(_turnClocks, _exitTime.Clocks);
    }

    /// <summary>Lanes end; who waits for all threads waits for them, too.</summary>
    private void NoteExit(Warp warp) => _exitTime = PathTime.Max(_exitTime, warp.Flow?.Begin() ?? default);

    /// <summary>Lets those go on who wait at a barrier that is complete: when the last one came, and what the barrier takes.</summary>
    private void LeaveFlow(BarrierState barrier)
    {
        if (_lines is null)
        {
            return;
        }

        bool isOfAll = barrier.Threads == 0;
        int warps = (barrier.Arrived + Warp.Lanes - 1) / Warp.Lanes;
        PathTime came = isOfAll ? PathTime.Max(barrier.Time, _exitTime) : barrier.Time;
        int clocks = Launch.Latencies.Barrier + (warps * Launch.Latencies.BarrierWarp);
        foreach ((Warp warp, _, BlockBarrier operation) in barrier.Waiting)
        {
            warp.Flow!.LeaveBarrier(came, clocks, operation.Source);
        }

        for (int i = 0; i < WarpCount && isOfAll; i++)
        {
            _warps[i].Flow!.ShareLines();
        }
    }
}
