using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Winnow.Simulator.Profiling;

namespace Winnow.Simulator.Execution;

/// <summary>Runs blocks of a launch, one after the other, on one thread of the host.</summary>
internal sealed unsafe partial class BlockRunner : IGridWorker
{
    private const int ShortestShare = 16;
    private const int SharesApart = 5;

    private readonly List<Warp> _warps = [];
    private readonly List<Warp> _runnable = [];
    private byte* _shared;
    private int _sharedCapacity;
    private ulong _random;
    private int _share;

    /// <summary>For blocks without a cluster; each is one of its own.</summary>
    public BlockRunner()
    {
        Cluster = new Cluster(1);
        Cluster.Add(this);
    }

    /// <param name="cluster">The cluster that its blocks belong to.</param>
    /// <param name="rank">Their rank in it.</param>
    public BlockRunner(Cluster cluster, int rank)
    {
        (Cluster, Rank) = (cluster, rank);
        cluster.Add(this);
    }

    /// <summary>The cluster of the block.</summary>
    public Cluster Cluster { get; }

    /// <summary>The rank of the block in its cluster.</summary>
    public int Rank { get; }

    /// <summary>The launch.</summary>
    public GridLaunch Launch { get; private set; } = null!;

    /// <summary>The place of the block in the grid.</summary>
    public (int X, int Y, int Z) Block { get; private set; }

    /// <summary>Its number, x first.</summary>
    public long BlockIndex { get; private set; }

    /// <summary>Its warps.</summary>
    public int WarpCount { get; private set; }

    /// <summary>Its shared memory, static and dynamic, bytes.</summary>
    public int SharedBytes { get; private set; }

    /// <summary>Its shared memory.</summary>
    public byte* Shared => _shared;

    /// <summary>Instructions so far, counted once for a warp.</summary>
    public long Executed { get; private set; }

    /// <summary>The place of the launch among those of its stream; null where nobody asks.</summary>
    public LaunchOrder? LaunchOrder { get; private set; }

    /// <summary>The block among those of the launch; null where nobody asks.</summary>
    public BlockOrder? BlockOrder { get; private set; }

    /// <summary>What counts what it does; null where nothing is counted.</summary>
    public ProfileCounters? Counters { get; private set; }

    /// <inheritdoc/>
    public void Begin(GridLaunch launch)
    {
        (Launch, LaunchOrder) = (launch, launch.Order);
        Counters = launch.Counters is null ? null : new ProfileCounters();
        SharedBytes = launch.Program.Shared.DynamicOffset + launch.Shape.SharedBytes;
        WarpCount = (launch.Threads + Warp.Lanes - 1) / Warp.Lanes;
        while (_warps.Count < WarpCount)
        {
            _warps.Add(new Warp(this, _warps.Count));
        }

        if (SharedBytes > _sharedCapacity)
        {
            NativeMemory.AlignedFree(_shared);
            _sharedCapacity = SharedBytes;
            _shared = (byte*)NativeMemory.AlignedAlloc((nuint)_sharedCapacity, 256);
        }

        BeginMemory();
        BeginFlow();
    }

    /// <inheritdoc/>
    public void Run(long block)
    {
        Cluster.Start(WarpCount, Launch.Threads);
        Start(block);
        while (Advance())
        {
        }

        EndWaits();
        End();
    }

    /// <summary>Begins a block.</summary>
    /// <param name="block">Its number, x first.</param>
    public void Start(long block)
    {
        (int width, int height) = (Launch.Shape.GridX, Launch.Shape.GridY);
        (BlockIndex, Executed, BlockOrder) = (block, 0, Launch.GridOrder?.Begin(block));
        Block = ((int)(block % width), (int)(block / width % height), (int)(block / ((long)width * height)));
        _random = ((ulong)(uint)Launch.Seed << 32) ^ ((ulong)block * 0x9E3779B97F4A7C15) ^ 0xD1B54A32D192ED03;
        new Span<byte>(_shared, SharedBytes).Fill(0xFF);
        StartMemory();
        StartBarriers();
        StartMbarriers();
        StartProducts();
        StartFlow();
        _runnable.Clear();
        for (int i = 0; i < WarpCount; i++)
        {
            int threads = Math.Min(Launch.Threads - (i * Warp.Lanes), Warp.Lanes);
            _warps[i].Start(threads == Warp.Lanes ? uint.MaxValue : (1u << threads) - 1);
            _runnable.Add(_warps[i]);
        }

        // Some blocks switch between warps often, some hardly ever: faults of both kinds show up.
        _share = ShortestShare << (2 * (int)(NextRandom() % SharesApart));
    }

    /// <summary>Whether a warp can go on, or something beside them can end.</summary>
    public bool CanAdvance => _runnable.Count + _copies.Count > 0;

    /// <summary>Lets one warp go on for a while, or something beside the warps end.</summary>
    /// <returns>False where nothing is left that can.</returns>
    public bool Advance()
    {
        int choices = _runnable.Count + (_copies.Count > 0 ? 1 : 0);
        if (choices == 0)
        {
            return false;
        }

        int choice = (int)(NextRandom() % (uint)choices);
        if (choice == _runnable.Count)
        {
            FinishCopy();
        }
        else
        {
            Advance(choice, _share);
        }

        return true;
    }

    /// <summary>Nothing can go on: nobody may be waiting.</summary>
    public void EndWaits()
    {
        EndProducts();
        EndBarriers();
        EndMbarriers();
    }

    /// <summary>The block has ended.</summary>
    public void End()
    {
        LaunchOrder?.Trigger(Cluster.GridWaits.Count > 0);
        EndFlow();
        EndCopies();
        EndRegisters();
    }

    /// <inheritdoc/>
    public void AddTo(ProfileCounters counters)
    {
        BeginTurn();
        counters.Add(Counters!);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _warps.ForEach(warp => warp.Dispose());
        _warps.Clear();
        NativeMemory.AlignedFree(_shared);
        _shared = null;
        DisposeMemory();
    }

    /// <summary>Lets a warp that was blocked be chosen again.</summary>
    public void MakeRunnable(Warp warp)
    {
        if (!_runnable.Contains(warp))
        {
            _runnable.Add(warp);
        }
    }

    private void Advance(int choice, int share)
    {
        Warp warp = _runnable[choice];
        share = 1 + (int)(NextRandom() % (uint)(2 * share));
        Executed += share - warp.Run(share);
        if (warp.Live == 0 || warp.IsBlocked)
        {
            _runnable.Remove(warp);
        }

        if (Executed > Launch.Budget)
        {
            string problem = $"the block executed more than {Launch.Budget} instructions; is this a loop without an end?";
            throw warp.FaultAhead(FaultKinds.EndlessLoop, problem);
        }
    }

    /// <summary>Draws a number below another one.</summary>
    public int Draw(int count) => (int)(NextRandom() % (uint)count);

    /// <summary>SplitMix64 of Steele, Lea and Flood ("Fast Splittable Pseudorandom Number Generators").</summary>
    private ulong NextRandom()
    {
        _random += 0x9E3779B97F4A7C15;
        ulong mixed = (_random ^ (_random >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }
}
