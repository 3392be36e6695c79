namespace Winnow.Benchmarking.Timing;

/// <summary>A measured kernel.</summary>
public sealed record KernelTiming
{
    /// <summary>The kernel.</summary>
    public required string Kernel { get; init; }

    /// <summary>What it ran on.</summary>
    public required string Device { get; init; }

    /// <summary>How it was timed, for people.</summary>
    public required string Method { get; init; }

    /// <summary>Microseconds of one launch.</summary>
    public required TimeStatistics Microseconds { get; init; }

    /// <summary>Bytes of its arguments that it reads and writes.</summary>
    public required double Bytes { get; init; }

    /// <summary>Operations, where the description says how many.</summary>
    public double? Flops { get; init; }

    /// <summary>Bytes a second at the median.</summary>
    public double BytesPerSecond => Bytes / Microseconds.Median * 1e6;

    /// <summary>Operations a second at the median.</summary>
    public double? FlopsPerSecond => Flops / Microseconds.Median * 1e6;
}
