using Winnow.Benchmarking.Timing;

namespace Winnow.Benchmarking.Cases;

/// <summary>The time of a case: measured on a device, or predicted for one.</summary>
public sealed record CaseResult
{
    /// <summary>The case.</summary>
    public required KernelCase Case { get; init; }

    /// <summary>What the time is of.</summary>
    public required string Device { get; init; }

    /// <summary>The measured time with its spread; null where it is predicted.</summary>
    public TimeStatistics? Measured { get; init; }

    /// <summary>How it was measured, for people; empty where it is predicted.</summary>
    public string Method { get; init; } = "";

    /// <summary>The time: the median of what was measured, or the prediction.</summary>
    public required double Microseconds { get; init; }

    /// <summary>The sum of <see cref="Prediction.KernelPrediction.EstimatedMicroseconds"/> over its kernels; 0 where it was measured.</summary>
    public double EstimatedMicroseconds { get; init; }

    /// <summary>Kernels that one call launches; 0 where it was measured.</summary>
    public int Launches { get; init; }

    /// <summary>Bytes of inputs and outputs, each counted once.</summary>
    public required double Bytes { get; init; }

    /// <summary>Operations that the case asks for; 0 where counting them says nothing.</summary>
    public required double Flops { get; init; }

    /// <summary>Memory's rate that <see cref="PartOfPeak"/> is of: a measured copy, or what is published.</summary>
    public required double PeakBytesPerSecond { get; init; }

    /// <summary>Tensor cores' rate, likewise.</summary>
    public required double PeakFlopsPerSecond { get; init; }

    /// <summary>What bounds the kernel that takes longest, where it is predicted; empty where it was measured.</summary>
    public string Bound { get; init; } = "";

    /// <summary>Bytes a second.</summary>
    public double BytesPerSecond => Bytes / Microseconds * 1e6;

    /// <summary>Operations a second.</summary>
    public double FlopsPerSecond => Flops / Microseconds * 1e6;

    /// <summary>Whether tensor cores' peak is nearer than memory's.</summary>
    public bool IsNearerToTensorPeak => FlopsPerSecond / PeakFlopsPerSecond > BytesPerSecond / PeakBytesPerSecond;

    /// <summary>The part of the nearer peak, 0 to 1.</summary>
    public double PartOfPeak => IsNearerToTensorPeak ? FlopsPerSecond / PeakFlopsPerSecond : BytesPerSecond / PeakBytesPerSecond;
}
