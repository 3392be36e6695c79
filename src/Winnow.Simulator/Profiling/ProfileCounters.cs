using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using Winnow.Simulator.Execution.Memory;
using Winnow.Simulator.Profiling.Folding;

namespace Winnow.Simulator.Profiling;

/// <summary>Counts what one worker executes. Not thread-safe: each worker has its own, which <see cref="Add"/> brings together.</summary>
internal sealed class ProfileCounters
{
    private readonly long[] _instructions = new long[(int)InstructionClass.Other + 1];
    private readonly long[] _assembled = new long[(int)InstructionClass.Other + 1];
    private long _laneInstructions;
    private long _flops;
    private long _tensorFlops;
    private GlobalTraffic _loads;
    private GlobalTraffic _stores;
    private GlobalTraffic _atomics;
    private SharedTraffic _shared;
    private long _bulkBytes;
    private PathSum _longestPath = new();
    private PathSum _paths = new();
    private long _turns;
    private long _turnClocks;
    private bool _drawsWork;

    /// <summary>Launches.</summary>
    public long Launches { get; set; }

    /// <summary>Blocks.</summary>
    public long Blocks { get; set; }

    /// <summary>The most threads of a block.</summary>
    public int BlockThreads { get; set; }

    /// <summary>The most shared memory of a block, bytes.</summary>
    public int BlockSharedBytes { get; set; }

    /// <summary>Bytes of local memory, read and written.</summary>
    public long LocalBytes { get; set; }

    /// <summary>Counts an instruction that a warp issued.</summary>
    /// <param name="traits">Its traits.</param>
    /// <param name="lanes">The lanes that take part.</param>
    public void AddInstruction(in InstructionTraits traits, uint lanes)
    {
        int count = BitOperations.PopCount(lanes);
        _instructions[(int)traits.Class]++;
        _laneInstructions += count;
        _flops += (long)traits.LaneFlops * count;
        _tensorFlops += traits.TensorFlops;
    }

    /// <summary>Counts what an assembler makes of an instruction.</summary>
    /// <param name="kind">What kind of work it is.</param>
    /// <param name="cost">What it is.</param>
    public void AddAssembled(InstructionClass kind, MachineCost cost)
    {
        // What surrounds a function of the special function unit is floats.
        int specials = kind == InstructionClass.Special ? Math.Min(cost.Slots, 1) : cost.Specials;
        _assembled[(int)InstructionClass.Special] += specials;
        _assembled[(int)(kind == InstructionClass.Special ? InstructionClass.Float32 : kind)] += cost.Slots - specials;
    }

    /// <summary>Counts a load of global memory.</summary>
    /// <inheritdoc cref="MemoryTraffic.Sectors"/>
    public void AddGlobalLoad(ReadOnlySpan<ulong> addresses, uint lanes, int bytes) => _loads += Global(addresses, lanes, bytes);

    /// <summary>Counts a store to global memory.</summary>
    /// <inheritdoc cref="MemoryTraffic.Sectors"/>
    public void AddGlobalStore(ReadOnlySpan<ulong> addresses, uint lanes, int bytes) => _stores += Global(addresses, lanes, bytes);

    /// <summary>Counts an atomic on global memory.</summary>
    /// <inheritdoc cref="MemoryTraffic.Sectors"/>
    public void AddGlobalAtomic(ReadOnlySpan<ulong> addresses, uint lanes, int bytes) => _atomics += Global(addresses, lanes, bytes);

    /// <summary>Counts a bulk copy to shared memory.</summary>
    /// <param name="pieces">Its parts.</param>
    public void AddBulkLoad(ReadOnlySpan<CopyPiece> pieces) => _loads += Bulk(pieces);

    /// <summary>Counts a bulk copy to global memory.</summary>
    /// <param name="pieces">Its parts.</param>
    public void AddBulkStore(ReadOnlySpan<CopyPiece> pieces) => _stores += Bulk(pieces);

    /// <summary>Counts an access of shared memory.</summary>
    /// <inheritdoc cref="MemoryTraffic.Passes"/>
    /// <returns>The passes.</returns>
    public int AddShared(ReadOnlySpan<ulong> addresses, uint lanes, int bytes)
    {
        (int passes, int conflicts) = MemoryTraffic.Passes(addresses, lanes, bytes);
        _shared += new SharedTraffic(lanes == 0 ? 0 : 1, (long)BitOperations.PopCount(lanes) * bytes, passes, conflicts);
        return passes;
    }

    /// <summary>Counts a block.</summary>
    /// <param name="path">Its critical path.</param>
    /// <param name="drawsWork">Whether it drew its work from a counter, which is how much others left.</param>
    public void AddPath(PathSum path, bool drawsWork)
    {
        _drawsWork |= drawsWork;
        _longestPath = PathSum.Longer(_longestPath, path);
        _paths += path;
    }

    /// <summary>Counts a turn of blocks that shared a multiprocessor.</summary>
    /// <param name="clocks">When the last of them ended.</param>
    public void AddTurn(long clocks)
    {
        _turns++;
        _turnClocks += clocks;
    }

    /// <summary>Adds another launch.</summary>
    /// <param name="other">Its counters.</param>
    public void AddLaunch(ProfileCounters other)
    {
        PathSum longest = _longestPath + other._longestPath;
        Add(other);
        _longestPath = longest;
    }

    /// <summary>Adds what another worker counted.</summary>
    /// <param name="other">Its counters.</param>
    public void Add(ProfileCounters other)
    {
        for (int i = 0; i < _instructions.Length; i++)
        {
            _instructions[i] += other._instructions[i];
            _assembled[i] += other._assembled[i];
        }

        Launches += other.Launches;
        Blocks += other.Blocks;
        LocalBytes += other.LocalBytes;
        BlockThreads = Math.Max(BlockThreads, other.BlockThreads);
        BlockSharedBytes = Math.Max(BlockSharedBytes, other.BlockSharedBytes);
        _laneInstructions += other._laneInstructions;
        _flops += other._flops;
        _tensorFlops += other._tensorFlops;
        _loads += other._loads;
        _stores += other._stores;
        _atomics += other._atomics;
        _shared += other._shared;
        _bulkBytes += other._bulkBytes;
        _longestPath = PathSum.Longer(_longestPath, other._longestPath);
        _paths += other._paths;
        _turns += other._turns;
        _turnClocks += other._turnClocks;
        _drawsWork |= other._drawsWork;
    }

    /// <summary>The counts as a profile.</summary>
    /// <param name="kernel">The kernel they are of.</param>
    public KernelProfile ToProfile(string kernel)
    {
        // The longest of blocks that draw their work did that of others, too.
        (PathSum longest, double among) = _drawsWork ? (_paths, Math.Max(1, Blocks)) : (_longestPath, Math.Max(1, Launches));
        return new KernelProfile
        {
            Kernel = kernel,
            Launches = Launches,
            Blocks = Blocks,
            Instructions = ByClass(_instructions),
            AssembledInstructions = ByClass(_assembled),
            LaneInstructions = _laneInstructions,
            GlobalLoads = _loads,
            GlobalStores = _stores,
            GlobalAtomics = _atomics,
            Shared = _shared,
            BulkBytes = _bulkBytes,
            LocalBytes = LocalBytes,
            Flops = _flops,
            TensorFlops = _tensorFlops,
            LongestPath = longest.Clocks / among,
            LongestPathTrips = longest.Trips / among,
            LongestPathParts = longest.Parts(among),
            LongestPathSteps = longest.Steps(among),
            AverageTurn = (double)_turnClocks / Math.Max(1, _turns),
            BlocksOfTurn = _turns == 0 ? 0 : (double)Blocks / _turns,
            AveragePath = (double)_paths.Clocks / Math.Max(1, Blocks),
            BlockThreads = BlockThreads,
            BlockSharedBytes = BlockSharedBytes,
        };
    }

    private static Dictionary<InstructionClass, long> ByClass(long[] counts)
        => Enumerable.Range(0, counts.Length).Where(kind => counts[kind] > 0).ToDictionary(static kind => (InstructionClass)kind, kind => counts[kind]);

    /// <summary>One request of what lies in global memory; zeros that are filled in are no traffic.</summary>
    private GlobalTraffic Bulk(ReadOnlySpan<CopyPiece> pieces)
    {
        (long bytes, long sectors) = (0, 0);
        foreach (CopyPiece piece in pieces)
        {
            ulong end = piece.Global + (ulong)piece.Bytes;
            bytes += piece.Global == 0 ? 0 : piece.Bytes;
            sectors += piece.Global == 0 ? 0 : (long)(((end + GlobalTraffic.SectorBytes - 1) / GlobalTraffic.SectorBytes) - (piece.Global / GlobalTraffic.SectorBytes));
        }

        _bulkBytes += bytes;
        return new GlobalTraffic(1, bytes, sectors);
    }

    private static GlobalTraffic Global(ReadOnlySpan<ulong> addresses, uint lanes, int bytes)
        => new(lanes == 0 ? 0 : 1, (long)BitOperations.PopCount(lanes) * bytes, MemoryTraffic.Sectors(addresses, lanes, bytes));
}
