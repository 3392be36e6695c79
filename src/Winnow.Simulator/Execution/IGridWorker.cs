using System;
using Winnow.Gpu;
using Winnow.Simulator.Profiling;

namespace Winnow.Simulator.Execution;

/// <summary>Runs parts of a grid, one after the other, on one thread of the host: blocks, or clusters of them.</summary>
internal interface IGridWorker : IDisposable
{
    /// <summary>Prepares for a launch.</summary>
    void Begin(GridLaunch launch);

    /// <summary>Blocks or clusters come that share a multiprocessor, and not with those before.</summary>
    void BeginTurn();

    /// <summary>Runs a block or a cluster to its end.</summary>
    /// <param name="part">Its number, x first.</param>
    /// <exception cref="GpuFaultException">It did what it must not.</exception>
    void Run(long part);

    /// <summary>Adds what it counted during the launch.</summary>
    void AddTo(ProfileCounters counters);
}
