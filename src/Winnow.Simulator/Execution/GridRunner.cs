using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Winnow.Gpu;

namespace Winnow.Simulator.Execution;

/// <summary>Spreads the blocks of launches over threads of the host.</summary>
/// <param name="threads">How many.</param>
internal sealed class GridRunner(int threads) : IDisposable
{
    private readonly List<IGridWorker> _blockRunners = [];
    private readonly List<IGridWorker> _clusterRunners = [];
    private readonly Lock _lock = new();
    private long _next;
    private long _firstFault;
    private GpuFaultException? _fault;

    /// <summary>Runs a launch to its end.</summary>
    /// <exception cref="GpuFaultException">What the first block or cluster (by its number) that did what it must not did.</exception>
    public void Run(GridLaunch launch)
    {
        int workers = (int)Math.Min(threads, launch.Parts);
        bool isInClusters = launch.Cluster.Blocks > 1;
        List<IGridWorker> runners = isInClusters ? _clusterRunners : _blockRunners;
        while (runners.Count < workers)
        {
            runners.Add(isInClusters ? new ClusterRunner() : new BlockRunner());
        }

        (_next, _firstFault, _fault) = (0, long.MaxValue, null);
        if (workers == 1)
        {
            Work(runners[0], launch);
        }
        else
        {
            Parallel.For(0, workers, new ParallelOptions { MaxDegreeOfParallelism = workers }, worker => Work(runners[worker], launch));
        }

        for (int i = 0; i < workers && launch.Counters is not null; i++)
        {
            runners[i].AddTo(launch.Counters);
        }

        if (_fault is not null)
        {
            throw _fault;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _blockRunners.ForEach(runner => runner.Dispose());
        _clusterRunners.ForEach(runner => runner.Dispose());
        _blockRunners.Clear();
        _clusterRunners.Clear();
    }

    private void Work(IGridWorker runner, GridLaunch launch)
    {
        runner.Begin(launch);
        int turn = launch.PartsOfTurn;
        while (true)
        {
            long part = Interlocked.Add(ref _next, turn) - turn;
            if (part >= launch.Parts || part > Volatile.Read(ref _firstFault))
            {
                return;
            }

            runner.BeginTurn();
            for (long end = Math.Min(part + turn, launch.Parts); part < end; part++)
            {
                Run(runner, part);
            }
        }
    }

    private void Run(IGridWorker runner, long part)
    {
        try
        {
            runner.Run(part);
        }
        catch (GpuFaultException fault)
        {
            Remember(part, fault);
        }
    }

    private void Remember(long part, GpuFaultException fault)
    {
        lock (_lock)
        {
            if (part < _firstFault)
            {
                (_firstFault, _fault) = (part, fault);
            }
        }
    }
}
