using System;
using System.Collections.Generic;
using System.Numerics;
using Winnow.Simulator.Execution.Memory;
using Winnow.Simulator.Profiling;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Execution;

/// <summary>Blocks that run together, can reach each other's shared memory and have a barrier; a block without others is a cluster, too.</summary>
/// <param name="count">How many blocks it has.</param>
internal sealed class Cluster(int count)
{
    /// <summary>The most blocks that a cluster may have on every device that has clusters.</summary>
    public const int PortableBlocks = 8;

    /// <summary>The most blocks that a cluster may have here, where its kernel is allowed more than every device has.</summary>
    public const int MostBlocks = 16;

    private readonly List<BlockRunner> _blocks = [];
    private readonly uint[] _arrived = new uint[count * Warp.Lanes];
    private readonly uint[] _over = new uint[count * Warp.Lanes];
    private readonly List<(Warp Warp, Split Split, PtxInstruction Source)> _waiting = [];
    private WarpClocks? _clocks;
    private ClusterKnowledge? _present;
    private ClusterKnowledge? _before;
    private int _live;
    private PathTime _time;
    private PathTime _timeBefore;
    private int _came;
    private bool _isUsed;

    /// <summary>How many blocks it has.</summary>
    public int Count => count;

    /// <summary>The times of its warps.</summary>
    public WarpClocks Clocks => _clocks ??= new WarpClocks(count);

    /// <summary>Whether times began anew with the present blocks, so that old ones mean nothing.</summary>
    public bool AreTimesNew { get; private set; }

    /// <summary>The stamps of when its warps waited for the launches before.</summary>
    public List<uint> GridWaits { get; } = [];

    /// <summary>The steps on the ways of its warps; null where nobody asks for them.</summary>
    public PathTrace? Trace { get; private set; }

    /// <summary>A block by its rank.</summary>
    public BlockRunner this[int rank] => _blocks[rank];

    /// <summary>Adds the next block.</summary>
    public void Add(BlockRunner block) => _blocks.Add(block);

    /// <summary>Begins a launch whose ways are traced or not.</summary>
    public void BeginTrace(bool isTraced) => Trace = isTraced ? Trace ?? new PathTrace() : null;

    /// <summary>Begins with other blocks.</summary>
    /// <param name="warps">The warps of each.</param>
    /// <param name="threads">The threads of each.</param>
    public void Start(int warps, int threads)
    {
        AreTimesNew = _clocks?.Start(warps) ?? false;
        GridWaits.Clear();
        (_time, _timeBefore) = (default, default);
        Trace?.Clear();
        _live = count * threads;
        if (_isUsed)
        {
            Array.Clear(_arrived);
            Array.Clear(_over);
            _waiting.Clear();
            _present?.Clear();
            (_came, _isUsed) = (0, false);
        }
    }

    /// <summary>Lanes come to the barrier of the cluster.</summary>
    /// <param name="warp">Their warp.</param>
    /// <param name="lanes">Which.</param>
    /// <param name="releases">Whether those who wait see what they did before.</param>
    public void Arrive(Warp warp, uint lanes, bool releases)
    {
        int place = PlaceOf(warp);
        uint again = lanes & (_arrived[place] | _over[place]);
        if (again != 0)
        {
            string problem = "the thread comes to the barrier of the cluster again, and has not waited since it came there the last time";
            throw warp.Fault(FaultKinds.MismatchedBarrier, BitOperations.TrailingZeroCount(again), problem);
        }

        _isUsed = true;
        if (warp.Block.Launch.Checks)
        {
            _present ??= new ClusterKnowledge(Clocks.Row);
            _before ??= new ClusterKnowledge(Clocks.Row);
            Clocks.ArriveAtCluster(warp.Party, _present.Known, _present.Passed, releases);
        }

        _time = PathTime.Max(_time, warp.Flow?.Begin() ?? default);
        _arrived[place] |= lanes;
        _came += BitOperations.PopCount(lanes);
        CompleteIfAll();
    }

    /// <summary>Lanes wait at the barrier of the cluster until all threads came that have not ended.</summary>
    /// <param name="warp">Their warp.</param>
    /// <param name="lanes">Which.</param>
    public void Wait(Warp warp, uint lanes)
    {
        int place = PlaceOf(warp);
        uint absent = lanes & ~(_arrived[place] | _over[place]);
        if (absent != 0)
        {
            string problem = "the thread waits at the barrier of the cluster, and has not come there before";
            throw warp.Fault(FaultKinds.MismatchedBarrier, BitOperations.TrailingZeroCount(absent), problem);
        }

        warp.Flow?.Begin();
        uint waiting = lanes & _arrived[place];
        if (waiting != lanes)
        {
            _over[place] &= ~lanes;
            Leave(warp, warp.Instruction!);
        }

        if (waiting != 0)
        {
            PtxInstruction source = warp.Instruction!;
            _waiting.Add((warp, warp.WaitForBarrier(waiting), source));
        }
    }

    /// <summary>Some lanes of a warp ended: the barrier does not wait for them.</summary>
    public void OnExit(Warp warp, uint lanes)
    {
        _live -= BitOperations.PopCount(lanes);
        if (_isUsed)
        {
            int place = PlaceOf(warp);
            _came -= BitOperations.PopCount(_arrived[place] & lanes);
            _arrived[place] &= ~lanes;
            _over[place] &= ~lanes;
            CompleteIfAll();
        }
    }

    private static int PlaceOf(Warp warp) => (warp.Rank * Warp.Lanes) + warp.Index;

    private void CompleteIfAll()
    {
        if (_came == 0 || _came < _live)
        {
            return;
        }

        for (int i = 0; i < _arrived.Length; i++)
        {
            _over[i] |= _arrived[i];
        }

        Array.Clear(_arrived);
        _came = 0;
        (_time, _timeBefore) = (default, _time);
        (_present, _before) = (_before, _present);
        _present?.Clear();
        foreach ((Warp warp, Split split, PtxInstruction source) in _waiting)
        {
            _over[PlaceOf(warp)] &= ~split.Lanes;
            Leave(warp, source);
            warp.Release(split);
            warp.Block.MakeRunnable(warp);
        }

        _waiting.Clear();
    }

    private void Leave(Warp warp, PtxInstruction source)
    {
        warp.Flow?.LeaveCluster(_timeBefore, source);
        if (_before is { } before)
        {
            Clocks.LeaveCluster(warp.Party, before.Known, before.Passed);
        }
    }

    /// <summary>What those know that came to the barrier, and up to where they have come: rows of the clocks.</summary>
    private sealed class ClusterKnowledge(int row)
    {
        public uint[] Known { get; } = new uint[row];

        public uint[] Passed { get; } = new uint[row];

        public void Clear()
        {
            Array.Clear(Known);
            Array.Clear(Passed);
        }
    }
}
