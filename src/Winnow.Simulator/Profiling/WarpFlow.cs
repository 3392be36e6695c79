using System.Numerics;
using Winnow.Simulator.Execution;
using Winnow.Simulator.Profiling.Folding;
using Winnow.Simulator.Ptx;

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
/// <param name="trace">Takes the steps on its way; null where nobody asks for them.</param>
/// <param name="units">What others use, too; null where the block has as much of everything as it wants.</param>
internal sealed partial class WarpFlow(Warp warp, LatencyTable latencies, LineTimes lines, PathTrace? trace, MultiprocessorUnits? units)
{
    private readonly GroupTimes _copies = new();
    private readonly GroupTimes _products = new();
    private PathTime _slot;
    private PathTime _latest;
    private PathTime _begun;
    private bool _hasBegun;
    private bool _isPart;
    private (Frame? Frame, int Pc, int Round) _loop;
    private (Frame? Frame, int Pc, PathTime Slot, PathTime Latest) _retry;
    private (PathTime Slot, PathTime Latest) _before;

    /// <summary>Begins a block.</summary>
    public void Start()
    {
        (_slot, _latest, _hasBegun, _retry, _loop) = (default, default, false, default, default);
        _copies.Clear();
        _products.Clear();
        StartMemory();
    }

    /// <summary>When the present instruction begins; asked while it is executed by what others wait for.</summary>
    public PathTime Begin()
    {
        if (!_hasBegun)
        {
            _begun = Begin(warp.Frame, warp.Pc - 1);
            _hasBegun = true;
        }

        return _begun;
    }

    /// <summary>Lets all that comes wait until a time.</summary>
    public void Lift(PathTime time) => (_slot, _latest) = (PathTime.Max(_slot, time), PathTime.Max(_latest, time));

    /// <summary>The present instruction sees that a phase was complete at a time.</summary>
    public void LeavePhase(PathTime time)
    {
        Begin();
        Lift(time);
    }

    /// <summary>A barrier of the block is complete that the warp waits at.</summary>
    /// <param name="came">When the last came.</param>
    /// <param name="clocks">What the barrier takes.</param>
    /// <param name="source">The instruction at which the warp waits.</param>
    public void LeaveBarrier(PathTime came, int clocks, PtxInstruction source) => Lift(After(came, clocks, PathPart.Barrier, source));

    /// <summary>A barrier of the cluster is complete that the warp waits at.</summary>
    /// <param name="came">When the last came.</param>
    /// <param name="source">The instruction at which the warp waits.</param>
    public void LeaveCluster(PathTime came, PtxInstruction source) => Lift(After(came, latencies.RemoteShared, PathPart.ClusterBarrier, source));

    /// <summary>When a bulk copy from global memory has come that the present instruction begins.</summary>
    public PathTime BulkEnd() => After(Begin(), latencies.Memory, PathPart.DeviceMemory, warp.Instruction!);

    /// <summary>When something that the present instruction sends has come to another block of the cluster.</summary>
    public PathTime RemoteEnd() => After(Begin(), latencies.RemoteShared, PathPart.ClusterMemory, warp.Instruction!);

    /// <summary>When all copies of the warp have come that it has begun.</summary>
    public PathTime CopiesEnd() => PathTime.Max(Begin(), _copies.Latest);

    /// <summary>A call begins or ends: its parameters and its result are there when they were.</summary>
    /// <param name="from">The call that gives.</param>
    /// <param name="to">The call that takes.</param>
    public static void Pass(Frame from, Frame to)
    {
        ref PathTime ready = ref to.Ready[to.Code.Flow!.Parameters];
        ready = PathTime.Max(ready, from.Ready[from.Code.Flow!.Parameters]);
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

        PathTime start = _hasBegun ? _begun : Begin(frame, pc);
        _hasBegun = false;
        if (!_isPart)
        {
            warp.Block.Counters!.AddAssembled(flow.Class, flow.Cost);
        }

        if (lanes != 0)
        {
            PathTime ready = _isPart ? start : Finish(in flow, start, BitOperations.IsPow2(lanes));
            bool isPartial = lanes != warp.Live;
            foreach (int result in flow.Results)
            {
                frame.Ready[result] = isPartial ? PathTime.Max(frame.Ready[result], ready) : ready;
            }

            ForgetNotes();
        }

        if (flow.Kind == FlowKind.WaitForPhase)
        {
            _retry = warp.IsYielding ? (frame, pc, _before.Slot, _before.Latest) : default;
        }
    }

    private PathTime Begin(Frame frame, int pc)
    {
        ref readonly InstructionFlow flow = ref frame.Code.Flow!.Instructions[pc];
        if (flow.Kind == FlowKind.WaitForPhase)
        {
            BeginWait(frame, pc);
        }

        bool beginsBlock = flow.BeginsBlock && IsFirstRound(frame, pc, in flow);
        _isPart = flow.Cost.Slots == 0 || (flow.IsOncePerRounds && _loop.Round > 0);
        if (_isPart)
        {
            return BeginPart(frame, in flow, beginsBlock);
        }

        PathTime start = _slot.After(1);
        if (beginsBlock || flow.IsOrdered)
        {
            start = PathTime.Max(start, _latest.After(1));
        }

        _slot = start.After(flow.Cost.Slots - 1);

        PathTime[] ready = frame.Ready;
        foreach (int source in flow.Sources)
        {
            start = PathTime.Max(start, ready[source]);
        }

        if (units is not null && flow.Use.Slots > 0)
        {
            start = Late(start, units.Issue(warp.Index, start.Clocks, flow.Use.Slots), flow.Source);
        }

        if (flow.IsOrdered)
        {
            _slot = PathTime.Max(_slot, start);
        }

        _latest = PathTime.Max(_latest, start);
        return start;
    }

    /// <summary>Whether an instruction that begins a basic block does so now: in an unrolled loop only in one of some rounds.</summary>
    private bool IsFirstRound(Frame frame, int pc, in InstructionFlow flow)
    {
        int round = flow.IsLoopHead && _loop.Frame == frame && _loop.Pc == pc ? (_loop.Round + 1) % LoopUnrolling.Rounds : 0;
        _loop = (frame, pc, round);
        return round == 0;
    }

    /// <summary>What is part of others begins when what it reads is there, and takes no clock.</summary>
    private PathTime BeginPart(Frame frame, in InstructionFlow flow, bool beginsBlock)
    {
        if (beginsBlock)
        {
            _slot = PathTime.Max(_slot, _latest);
        }

        PathTime start = default;
        foreach (int source in flow.Sources)
        {
            start = PathTime.Max(start, frame.Ready[source]);
        }

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
    private PathTime Finish(in InstructionFlow flow, PathTime start, bool isAlone)
    {
        if (units is not null && flow.Use.Kind != UnitKind.None)
        {
            start = flow.Kind == FlowKind.Product ? PathTime.Max(_products.Latest, start) : start;
            start = Late(start, units.Compute(warp.Index, start.Clocks, flow.Use), flow.Source);
        }

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
                _products.Add(After(PathTime.Max(_products.Latest, start), in flow));
                return _products.Latest;
            case FlowKind.CommitProducts:
                _products.Commit();
                return start;
            case FlowKind.WaitForProducts:
                Lift(_products.EndOf(flow.Pending));
                return start;
            case FlowKind.Fence:
                Lift(After(start, in flow));
                return start;
            default:
                return flow.Results.Length == 0 ? start : After(start, in flow);
        }
    }

    /// <summary>A time after another one by what an instruction takes.</summary>
    private PathTime After(PathTime time, in InstructionFlow flow)
        => trace is null ? time.After(flow.Latency) : After(time, flow.Latency, flow.Part, flow.Source);

    /// <summary>A time that is late because others use a unit.</summary>
    private PathTime Late(PathTime time, int clocks, PtxInstruction source) => clocks == 0 ? time : After(time, clocks, PathPart.Units, source);

    private PathTime After(PathTime time, int clocks, PathPart part, PtxInstruction source)
    {
        int trips = part == PathPart.DeviceMemory ? 1 : 0;
        return trace is null || part == PathPart.Arithmetic || clocks == 0 ? time.After(clocks, trips) : trace.After(time, clocks, trips, part, source);
    }
}
