using System;

namespace Winnow.Benchmarking.Traces;

/// <summary>How well outputs that are draws are tested. From these three follows how often a solution is run; nothing else is chosen.</summary>
public sealed record TraceDrawOptions
{
    /// <summary>How often a right solution may be called wrong: in one of a million workloads.</summary>
    public double FalseAlarms { get; init => field = Share(value); } = 1e-6;

    /// <summary>How often a solution that is wrong by <see cref="Distance"/> may pass: in one of a thousand workloads.</summary>
    public double Misses { get; init => field = Share(value); } = 1e-3;

    /// <summary>The error that has to be found: half the sum of what the probabilities of bins are off by, which is the share of draws that go astray.</summary>
    public double Distance { get; init => field = Share(value); } = 0.1;

    private static double Share(double value) => value is > 0 and < 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "A rate and a distance are more than 0 and less than 1.");
}
