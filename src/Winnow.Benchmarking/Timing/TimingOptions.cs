using System;

namespace Winnow.Benchmarking.Timing;

/// <summary>How a kernel is timed.</summary>
public sealed record TimingOptions
{
    /// <summary>The fewest samples that a median and its spread are taken from.</summary>
    public const int MinSamples = 30;

    private const int MostSamples = 1_000_000;

    /// <summary>How the cache is kept out of it, or in.</summary>
    public TimingMethod Method { get; init; } = TimingMethod.Flush;

    /// <summary>Samples, at least <see cref="MinSamples"/> and at most a million.</summary>
    public int Samples { get; init; } = 50;

    /// <summary>Runs before the first sample, that bring clocks up and code in.</summary>
    public int WarmUps { get; init; } = 10;

    /// <summary>Launches of a graph, at least; a round over all copies of the arguments is never cut short.</summary>
    public int GraphLaunches { get; init; } = 10;

    /// <summary>Says which of them makes no sense.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One does not; the message names it.</exception>
    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Samples, MinSamples, nameof(Samples));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Samples, MostSamples, nameof(Samples));
        ArgumentOutOfRangeException.ThrowIfNegative(WarmUps, nameof(WarmUps));
        ArgumentOutOfRangeException.ThrowIfLessThan(GraphLaunches, 1, nameof(GraphLaunches));
        if (!Enum.IsDefined(Method))
        {
            throw new ArgumentOutOfRangeException(nameof(Method), Method, $"There is no such method; there are {string.Join(", ", Enum.GetNames<TimingMethod>())}.");
        }
    }
}
