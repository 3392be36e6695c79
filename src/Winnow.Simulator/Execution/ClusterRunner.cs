using System;
using Winnow.Simulator.Profiling;

namespace Winnow.Simulator.Execution;

/// <summary>Runs clusters of a launch, one after the other, on one thread of the host: all blocks of one together, in an order that is drawn.</summary>
internal sealed class ClusterRunner : IGridWorker
{
    private BlockRunner[] _blocks = [];
    private BlockRunner[] _ready = [];
    private Cluster _cluster = null!;
    private GridLaunch _launch = null!;

    /// <inheritdoc/>
    public void Begin(GridLaunch launch)
    {
        _launch = launch;
        if (_blocks.Length != launch.Cluster.Blocks)
        {
            Dispose();
            _cluster = new Cluster(launch.Cluster.Blocks);
            _blocks = new BlockRunner[launch.Cluster.Blocks];
            _ready = new BlockRunner[_blocks.Length];
            for (int rank = 0; rank < _blocks.Length; rank++)
            {
                _blocks[rank] = new BlockRunner(_cluster, rank);
            }
        }

        foreach (BlockRunner block in _blocks)
        {
            block.Begin(launch);
        }
    }

    /// <inheritdoc/>
    public void BeginTurn() => Array.ForEach(_blocks, static block => block.BeginTurn());

    /// <inheritdoc/>
    public void Run(long part)
    {
        _cluster.Start(_blocks[0].WarpCount, _launch.Threads);
        for (int rank = 0; rank < _blocks.Length; rank++)
        {
            _blocks[rank].Start(_launch.Cluster.BlockOf(part, rank, _launch.Shape));
        }

        // The first block's order decides, as that of a block decides between its warps.
        while (CountReady() is int count and > 0)
        {
            _ready[_blocks[0].Draw(count)].Advance();
        }

        Array.ForEach(_blocks, static block => block.EndWaits());
        Array.ForEach(_blocks, static block => block.End());
    }

    /// <inheritdoc/>
    public void AddTo(ProfileCounters counters) => Array.ForEach(_blocks, block => block.AddTo(counters));

    /// <inheritdoc/>
    public void Dispose()
    {
        Array.ForEach(_blocks, static block => block.Dispose());
        _blocks = [];
    }

    private int CountReady()
    {
        int count = 0;
        foreach (BlockRunner block in _blocks)
        {
            if (block.CanAdvance)
            {
                _ready[count++] = block;
            }
        }

        return count;
    }
}
