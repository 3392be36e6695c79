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
    private long _globalStored;
    private long _sharedStored;

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
        (_globalStored, _sharedStored) = (0, 0);
        ForgetNotes();
    }

    private void ForgetNotes() => (_lineCount, _passes, _isRemote) = (0, 0, false);

    private long Load(in InstructionFlow flow, long start)
    {
        if (_lineCount + _passes == 0)
        {
            return PathTime.After(start, flow.Latency);
        }

        long begin = start;
        if (_passes > 0 && flow.Kind != FlowKind.Copy)
        {
            begin = Math.Max(begin, _sharedStored);
        }

        if (_lineCount > 0 && !flow.PassesStores)
        {
            begin = Math.Max(begin, _globalStored);
        }

        _latest = Math.Max(_latest, begin);
        return Math.Max(ShareEnd(in flow, begin), GlobalEnd(begin, flow.UsesL1));
    }

    private long Atomic(in InstructionFlow flow, long start, bool isAlone)
    {
        if (isAlone && _lineCount == 1 && flow.Results.Length > 0)
        {
            lines.DrawsWork |= !_drawn.Add((_lines[0], flow.Results[0]));
        }

        Store(start);
        return Math.Max(ShareEnd(in flow, start), GlobalEnd(start, usesL1: false));
    }

    private void Store(long start)
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

    private long ShareEnd(in InstructionFlow flow, long start)
        => _passes == 0 || flow.Kind == FlowKind.Copy ? 0 : PathTime.After(start, (_isRemote ? latencies.RemoteShared : latencies.Shared) + _passes - 1);

    private long GlobalEnd(long start, bool usesL1)
    {
        long end = 0;
        foreach (ulong line in _lines.AsSpan(0, _lineCount))
        {
            end = Math.Max(end, Touch(line, start, usesL1));
        }

        return end;
    }

    /// <summary>When a line is there. The first who touches it waits for memory; who comes while it is on its way waits for that, too.</summary>
    private long Touch(ulong line, long start, bool usesL1)
    {
        if (!_own.TryGetValue(line, out LineTime known) && !lines.TryGet(line, out known))
        {
            long end = PathTime.AfterTrip(start, latencies.Memory);
            _own.Add(line, new LineTime(end, usesL1));
            return end;
        }

        long found = Math.Max(known.Arrival, PathTime.After(start, usesL1 && known.IsInL1 ? latencies.L1 : latencies.L2));
        if (usesL1 && !known.IsInL1)
        {
            _own[line] = new LineTime(found, IsInL1: true);
        }

        return found;
    }
}
