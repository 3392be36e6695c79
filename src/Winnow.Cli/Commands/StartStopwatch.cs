using System;
using System.Diagnostics;

namespace Winnow.Cli.Commands;

/// <summary>How long an engine takes to start, and how much of that its weights.</summary>
internal sealed class StartStopwatch : IProgress<LoadProgress>
{
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private TimeSpan? _firstWeights;
    private TimeSpan _lastWeights;

    /// <summary>All that was not paused so far, but for <see cref="Weights"/>.</summary>
    public TimeSpan Rest => _watch.Elapsed - Weights;

    /// <summary>From the first piece of a weight on the device to the last one.</summary>
    public TimeSpan Weights => _lastWeights - (_firstWeights ?? default);

    /// <summary>Kernels that were compiled, or taken from the cache on disk, and loaded.</summary>
    public long LoadedKernels { get; private set; }

    /// <summary>Stops, until <see cref="Continue"/>.</summary>
    public void Pause() => _watch.Stop();

    /// <summary>Goes on.</summary>
    public void Continue() => _watch.Start();

    /// <inheritdoc/>
    public void Report(LoadProgress value)
    {
        if (value.Stage == LoadStage.Weights)
        {
            _lastWeights = _watch.Elapsed;
            _firstWeights ??= _lastWeights;
        }
        else if (value.Stage == LoadStage.Compiling && value.BytesDone == value.BytesTotal)
        {
            LoadedKernels += value.BytesTotal;
        }
    }
}
