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
    private readonly List<BlockRunner> _runners = [];
    private readonly Lock _lock = new();
    private long _next;
    private long _firstFault;
    private GpuFaultException? _fault;

    /// <summary>Runs a launch to its end.</summary>
    /// <exception cref="GpuFaultException">What the first block (by its number) that did what it must not did.</exception>
    public void Run(GridLaunch launch)
    {
        int workers = (int)Math.Min(threads, launch.Blocks);
        while (_runners.Count < workers)
        {
            _runners.Add(new BlockRunner());
        }

        (_next, _firstFault, _fault) = (0, long.MaxValue, null);
        if (workers == 1)
        {
            Work(_runners[0], launch);
        }
        else
        {
            Parallel.For(0, workers, new ParallelOptions { MaxDegreeOfParallelism = workers }, worker => Work(_runners[worker], launch));
        }

        foreach (BlockRunner runner in _runners.GetRange(0, workers))
        {
            launch.Counters?.Add(runner.Counters!);
        }

        if (_fault is not null)
        {
            throw _fault;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _runners.ForEach(runner => runner.Dispose());
        _runners.Clear();
    }

    private void Work(BlockRunner runner, GridLaunch launch)
    {
        runner.Begin(launch);
        while (true)
        {
            long block = Interlocked.Increment(ref _next) - 1;
            if (block >= launch.Blocks || block > Volatile.Read(ref _firstFault))
            {
                return;
            }

            try
            {
                runner.Run(block);
            }
            catch (GpuFaultException fault)
            {
                Remember(block, fault);
            }
        }
    }

    private void Remember(long block, GpuFaultException fault)
    {
        lock (_lock)
        {
            if (block < _firstFault)
            {
                (_firstFault, _fault) = (block, fault);
            }
        }
    }
}
