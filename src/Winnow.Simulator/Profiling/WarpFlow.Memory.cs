using System;
using System.Collections.Generic;
using System.Numerics;

namespace Winnow.Simulator.Profiling;

/// <content>Memory: what an instruction touched is noted while it is executed, and means something when it is known when it began.</content>
internal sealed partial class WarpFlow
{
    private const int LineShift = 7;

    private readonly ulong[] _lines = new ulong[Execution.Warp.Lanes];
    private readonly Dictionary<ulong, LineTime> _own = [];
    private readonly HashSet<(ulong Line, int Result)> _drawn = [];
    private int _lineCount;
    private int _passes;
    private bool _isRemote;
    private PathTime _globalStored;
    private PathTime _sharedStored;

    /// <summary>The present instruction accesses global memory.</summary>
    /// <param name="addresses">The address of each lane.</param>
    /// <param name="lanes">Which take part.</param>
    public void NoteGlobal(ReadOnlySpan<ulong> addresses, uint lanes)
    {
        for (; lanes != 0 && _lineCount < _lines.Length; lanes &= lanes - 1)
        {
            ulong line = addresses[BitOperations.TrailingZeroCount(lanes)] >> LineShift;
            if (_lineCount == 0 || (_lines[_lineCount - 1] != line && _lines.AsSpan(0, _lineCount).IndexOf(line) < 0))
            {
                _lines[_lineCount++] = line;
            }
        }
    }

    /// <summary>The present instruction accesses shared memory.</summary>
    /// <param name="passes">In how many passes of its banks.</param>
    public void NoteShared(int passes) => _passes += passes;

    /// <summary>That is the shared memory of another block.</summary>
    public void NoteRemote() => _isRemote = true;

    /// <summary>All warps of the block have met: what each read is there for the others.</summary>
    public void ShareLines()
    {
        lines.Add(_own);
        _own.Clear();
    }

    private void StartMemory()
    {
        _own.Clear();
        _drawn.Clear();
        (_globalStored, _sharedStored) = (default, default);
        ForgetNotes();
    }

    private void ForgetNotes() => (_lineCount, _passes, _isRemote) = (0, 0, false);

    private PathTime Load(in InstructionFlow flow, PathTime start)
    {
        if (_lineCount + _passes == 0)
        {
            return After(start, in flow);
        }

        PathTime begin = start;
        if (_passes > 0 && flow.Kind != FlowKind.Copy)
        {
            begin = PathTime.Max(begin, _sharedStored);
        }

        if (_lineCount > 0 && !flow.PassesStores)
        {
            begin = PathTime.Max(begin, _globalStored);
        }

        _latest = PathTime.Max(_latest, begin);
        return PathTime.Max(ShareEnd(in flow, begin), GlobalEnd(in flow, begin, flow.UsesL1));
    }

    private PathTime Atomic(in InstructionFlow flow, PathTime start, bool isAlone)
    {
        if (isAlone && _lineCount == 1 && flow.Results.Length > 0)
        {
            lines.DrawsWork |= !_drawn.Add((_lines[0], flow.Results[0]));
        }

        Store(start);
        return PathTime.Max(ShareEnd(in flow, start), GlobalEnd(in flow, start, usesL1: false));
    }

    private void Store(PathTime start)
    {
        if (_passes > 0)
        {
            _sharedStored = start;
        }

        if (_lineCount > 0)
        {
            _globalStored = start;
            foreach (ulong line in _lines.AsSpan(0, _lineCount))
            {
                if (!_own.ContainsKey(line) && !lines.Knows(line))
                {
                    _own.Add(line, new LineTime(start, IsInL1: false));
                }
            }
        }
    }

    private PathTime ShareEnd(in InstructionFlow flow, PathTime start)
    {
        if (_passes == 0 || flow.Kind == FlowKind.Copy)
        {
            return default;
        }

        if (units is not null && !_isRemote)
        {
            start = Late(start, units.Share(start.Clocks, _passes), flow.Source);
        }

        (int clocks, PathPart part) = _isRemote ? (latencies.RemoteShared, PathPart.ClusterMemory) : (latencies.Shared, PathPart.SharedMemory);
        return After(start, clocks + _passes - 1, part, flow.Source);
    }

    private PathTime GlobalEnd(in InstructionFlow flow, PathTime start, bool usesL1)
    {
        PathTime end = default;
        LineEnds ends = default;
        foreach (ulong line in _lines.AsSpan(0, _lineCount))
        {
            end = PathTime.Max(end, Touch(in flow, line, start, usesL1, ref ends));
        }

        return end;
    }

    /// <summary>When a line is there. The first who touches it waits for memory; who comes while it is on its way waits for that, too.</summary>
    private PathTime Touch(in InstructionFlow flow, ulong line, PathTime start, bool usesL1, ref LineEnds ends)
    {
        if (!_own.TryGetValue(line, out LineTime known) && !lines.TryGet(line, out known))
        {
            PathTime end = ends.FromMemory ??= After(start, latencies.Memory, PathPart.DeviceMemory, flow.Source);
            _own.Add(line, new LineTime(end, usesL1));
            return end;
        }

        PathTime cached = usesL1 && known.IsInL1
            ? ends.FromL1 ??= After(start, latencies.L1, PathPart.Cache, flow.Source)
            : ends.FromL2 ??= After(start, latencies.L2, PathPart.Cache, flow.Source);
        PathTime found = PathTime.Max(known.Arrival, cached);
        if (usesL1 && !known.IsInL1)
        {
            _own[line] = new LineTime(found, IsInL1: true);
        }

        return found;
    }

    /// <summary>When what an instruction reads is there, by where it comes from: one step for all its lines.</summary>
    private struct LineEnds
    {
        public PathTime? FromMemory;

        public PathTime? FromL2;

        public PathTime? FromL1;
    }
}
