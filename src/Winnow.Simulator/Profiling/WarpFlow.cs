using System;
using System.Numerics;
using Winnow.Simulator.Execution;

namespace Winnow.Simulator.Profiling;

/// <summary>
/// The times of a warp since its block began (<see cref="PathTime"/>): when each instruction can begin at the earliest, and when its results are there.
/// </summary>
/// <remarks>
/// An instruction begins a clock after the one before it, and when all that it reads is there. Within a basic block that is all: what waits holds up only what needs
/// it, as if the assembler had put the loads first, which it does. Between basic blocks order is kept: nothing of the next one begins before all of this one has, as
/// a warp issues in order; but nobody waits for loads before their results are used. Reads of memory do not pass writes of the same warp to that memory, and
/// nothing passes barriers and the like. Registers have one time for all lanes; lanes that have parted go one after the other.
/// </remarks>
/// <param name="warp">The warp.</param>
/// <param name="latencies">How long things take.</param>
/// <param name="lines">What the block has read of global memory.</param>
internal sealed partial class WarpFlow(Warp warp, LatencyTable latencies, LineTimes lines)
{
    private readonly GroupTimes _copies = new();
    private readonly GroupTimes _products = new();
    private long _slot;
    private long _latest;
    private long _begun;
    private bool _hasBegun;
    private (Frame? Frame, int Pc, long Slot, long Latest) _retry;
    private (long Slot, long Latest) _before;

    /// <summary>Begins a block.</summary>
    public void Start()
    {
        (_slot, _latest, _hasBegun, _retry) = (0, 0, false, default);
        _copies.Clear();
        _products.Clear();
        StartMemory();
    }

    /// <summary>When the present instruction begins; asked while it is executed by what others wait for.</summary>
    public long Begin()
    {
        if (!_hasBegun)
        {
            _begun = Begin(warp.Frame, warp.Pc - 1);
            _hasBegun = true;
        }

        return _begun;
    }

    /// <summary>Lets all that comes wait until a time.</summary>
    public void Lift(long time) => (_slot, _latest) = (Math.Max(_slot, time), Math.Max(_latest, time));

    /// <summary>The present instruction sees that a phase was complete at a time.</summary>
    public void LeavePhase(long time)
    {
        Begin();
        Lift(time);
    }

    /// <summary>When a bulk copy from global memory has come that the present instruction begins.</summary>
    public long BulkEnd() => PathTime.AfterTrip(Begin(), latencies.Memory);

    /// <summary>When something that the present instruction sends has come to another block of the cluster.</summary>
    public long RemoteEnd() => PathTime.After(Begin(), latencies.RemoteShared);

    /// <summary>When all copies of the warp have come that it has begun.</summary>
    public long CopiesEnd() => Math.Max(Begin(), _copies.Latest);

    /// <summary>A call begins or ends: its parameters and its result are there when they were.</summary>
    /// <param name="from">The call that gives.</param>
    /// <param name="to">The call that takes.</param>
    public static void Pass(Frame from, Frame to)
    {
        ref long ready = ref to.Ready[to.Code.Flow!.Parameters];
        ready = Math.Max(ready, from.Ready[from.Code.Flow!.Parameters]);
    }

    /// <summary>An instruction was executed.</summary>
    /// <param name="frame">The call that it belongs to.</param>
    /// <param name="pc">Its place in the function.</param>
    /// <param name="lanes">The lanes that took part.</param>
    public void End(Frame frame, int pc, uint lanes)
    {
        ref readonly InstructionFlow flow = ref frame.Code.Flow!.Instructions[pc];
        if (warp.Pc == pc && warp.Frame == frame)
        {
            // It waits and is executed again.
            _hasBegun = false;
            ForgetNotes();
            return;
        }

        long start = _hasBegun ? _begun : Begin(frame, pc);
        _hasBegun = false;
        if (lanes != 0)
        {
            long ready = Finish(in flow, start, BitOperations.IsPow2(lanes));
            bool isPartial = lanes != warp.Live;
            foreach (int result in flow.Results)
            {
                frame.Ready[result] = isPartial ? Math.Max(frame.Ready[result], ready) : ready;
            }

            ForgetNotes();
        }

        if (flow.Kind == FlowKind.WaitForPhase)
        {
            _retry = warp.IsYielding ? (frame, pc, _before.Slot, _before.Latest) : default;
        }
    }

    private long Begin(Frame frame, int pc)
    {
        ref readonly InstructionFlow flow = ref frame.Code.Flow!.Instructions[pc];
        if (flow.Kind == FlowKind.WaitForPhase)
        {
            BeginWait(frame, pc);
        }

        long start = _slot += PathTime.Clock;
        if (flow.BeginsBlock || flow.IsOrdered)
        {
            start = _slot = Math.Max(_slot, _latest + PathTime.Clock);
        }

        long[] ready = frame.Ready;
        foreach (int source in flow.Sources)
        {
            start = Math.Max(start, ready[source]);
        }

        if (flow.IsOrdered)
        {
            _slot = start;
        }

        _latest = Math.Max(_latest, start);
        return start;
    }

    /// <summary>How often a warp looked before what it waits for had come is the scheduler's doing: each look begins where the first one did.</summary>
    private void BeginWait(Frame frame, int pc)
    {
        if (_retry.Frame == frame && _retry.Pc == pc)
        {
            (_slot, _latest) = (_retry.Slot, _retry.Latest);
        }

        _before = (_slot, _latest);
    }

    /// <summary>When the results of an instruction are there.</summary>
    /// <param name="flow">The instruction.</param>
    /// <param name="start">When it begins.</param>
    /// <param name="isAlone">Whether one lane executes it.</param>
    private long Finish(in InstructionFlow flow, long start, bool isAlone)
    {
        switch (flow.Kind)
        {
            case FlowKind.Load:
                return Load(in flow, start);
            case FlowKind.Store:
                Store(start);
                return start;
            case FlowKind.Atomic:
                return Atomic(in flow, start, isAlone);
            case FlowKind.Copy:
                _copies.Add(Load(in flow, start));
                return start;
            case FlowKind.CommitCopies:
                _copies.Commit();
                return start;
            case FlowKind.WaitForCopies:
                Lift(_copies.EndOf(flow.Pending));
                return start;
            case FlowKind.Product:
                // Products follow one another without a gap, and their sums stay where they are.
                _products.Add(PathTime.After(Math.Max(_products.Latest, start), flow.Latency));
                return _products.Latest;
            case FlowKind.CommitProducts:
                _products.Commit();
                return start;
            case FlowKind.WaitForProducts:
                Lift(_products.EndOf(flow.Pending));
                return start;
            case FlowKind.Fence:
                Lift(PathTime.After(start, flow.Latency));
                return start;
            default:
                return PathTime.After(start, flow.Latency);
        }
    }
}
