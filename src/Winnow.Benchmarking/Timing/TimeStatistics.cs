using System;
using System.Collections.Generic;
using System.Linq;

namespace Winnow.Benchmarking.Timing;

/// <summary>A median and its spread: times, or ratios of times.</summary>
/// <param name="Median">Half of the samples are above, half below.</param>
/// <param name="P10">A tenth of the samples are below.</param>
/// <param name="P90">A tenth of the samples are above.</param>
/// <param name="Samples">How many there are.</param>
public sealed record TimeStatistics(double Median, double P10, double P90, int Samples)
{
    /// <summary>Takes them from samples; between two samples quantiles are interpolated.</summary>
    /// <param name="samples">The samples, in any order.</param>
    public static TimeStatistics Of(IEnumerable<double> samples)
    {
        double[] sorted = [.. samples.Order()];
        return sorted.Length > 0
            ? new TimeStatistics(Quantile(sorted, 0.5), Quantile(sorted, 0.1), Quantile(sorted, 0.9), sorted.Length)
            : throw new ArgumentException("There are no samples.", nameof(samples));
    }

    private static double Quantile(double[] sorted, double part)
    {
        double place = part * (sorted.Length - 1);
        int below = (int)place;
        return below + 1 < sorted.Length ? sorted[below] + ((place - below) * (sorted[below + 1] - sorted[below])) : sorted[below];
    }
}
