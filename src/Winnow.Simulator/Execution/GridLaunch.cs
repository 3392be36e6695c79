using System;
using Winnow.Gpu;
using Winnow.Simulator.Profiling;
using Winnow.Simulator.Execution.Memory;

namespace Winnow.Simulator.Execution;

/// <summary>A launch while it runs.</summary>
internal sealed unsafe class GridLaunch
{
    /// <summary>The kernel.</summary>
    public required KernelProgram Program { get; init; }

    /// <summary>Grid, block and dynamic shared memory.</summary>
    public required LaunchShape Shape { get; init; }

    /// <summary>Its clusters.</summary>
    public required ClusterShape Cluster { get; init; }

    /// <summary>The argument block, in native memory.</summary>
    public required nint Arguments { get; init; }

    /// <summary>The device.</summary>
    public required DeviceModel Model { get; init; }

    /// <summary>Device memory.</summary>
    public required GlobalMemory Memory { get; init; }

    /// <summary>What the scheduler draws from.</summary>
    public required int Seed { get; init; }

    /// <summary>The most instructions of one block, counted once for a warp.</summary>
    public required long Budget { get; init; }

    /// <summary>Whether accesses are checked.</summary>
    public required bool Checks { get; init; }

    /// <summary>Its place among the launches of its stream; null where nobody asks.</summary>
    public LaunchOrder? Order { get; init; }

    /// <summary>Its blocks, where they tell each other something; else null.</summary>
    public GridOrder? GridOrder { get; init; }

    /// <summary>Takes what its blocks do; null where nothing is counted.</summary>
    public ProfileCounters? Counters { get; init; }

    /// <summary>How long instructions take; of importance only where something is counted.</summary>
    public required LatencyTable Latencies { get; init; }

    /// <summary>Whether times are those of what an assembler makes of the PTX; of importance only where something is counted.</summary>
    public required bool IsAssembled { get; init; }

    /// <summary>Registers that a thread needs at least; 0 where nobody knows.</summary>
    public int Registers { get; init; }

    /// <summary>What its blocks share; null where their critical paths are those of blocks alone.</summary>
    public UnitTable? Units { get; init; }

    /// <summary>Whether the critical paths of its blocks are traced; of importance only where something is counted.</summary>
    public required bool TracesPaths { get; init; }

    /// <summary>Takes what <c>printf</c> prints.</summary>
    public required Action<string> Print { get; init; }

    /// <summary>Blocks of the grid.</summary>
    public long Blocks => (long)Shape.GridX * Shape.GridY * Shape.GridZ;

    /// <summary>Blocks or, where there are clusters, clusters of the grid.</summary>
    public long Parts => Blocks / Cluster.Blocks;

    /// <summary>How many blocks or clusters share a multiprocessor, or as many as a cluster has, at a time; 1 where nobody asks.</summary>
    public int PartsOfTurn => Units?.BlocksAtOnce(Threads, Program.Shared.DynamicOffset + Shape.SharedBytes, Blocks, Registers) ?? 1;

    /// <summary>Threads of a block.</summary>
    public int Threads => Shape.BlockX * Shape.BlockY * Shape.BlockZ;

    /// <summary>The first byte after the arguments.</summary>
    public nint ArgumentsEnd => Arguments + Program.Kernel.Function.ParameterBytes;
}
