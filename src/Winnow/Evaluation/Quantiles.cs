using System;

namespace Winnow.Evaluation;

/// <summary>Durations by rank: a quantile is the least of them that so many are not above.</summary>
/// <param name="Count">How many there were.</param>
/// <param name="Median">Half are not above it.</param>
/// <param name="P90">90 % are not above it.</param>
/// <param name="P99">99 % are not above it.</param>
/// <param name="P999">99.9 % are not above it; the longest where there are fewer than 1000.</param>
/// <param name="Longest">The longest.</param>
public sealed record Quantiles(int Count, TimeSpan Median, TimeSpan P90, TimeSpan P99, TimeSpan P999, TimeSpan Longest)
{
    /// <summary>Sorts durations in place and reads their quantiles.</summary>
    /// <param name="durations">At least one.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are none.</exception>
    public static Quantiles Of(Span<TimeSpan> durations)
    {
        ArgumentOutOfRangeException.ThrowIfZero(durations.Length, nameof(durations));
        durations.Sort();
        return new Quantiles(
            durations.Length, At(durations, 0.5), At(durations, 0.9), At(durations, 0.99), At(durations, 0.999), durations[^1]);
    }

    private static TimeSpan At(ReadOnlySpan<TimeSpan> sorted, double share) => sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Length) - 1)];
}
