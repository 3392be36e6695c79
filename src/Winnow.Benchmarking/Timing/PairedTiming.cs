namespace Winnow.Benchmarking.Timing;

/// <summary>Two kernels, measured in turns.</summary>
/// <param name="First">One.</param>
/// <param name="Second">The other.</param>
/// <param name="Ratio">Time of the second in proportion to the first's, pair by pair: above 1 the first is faster.</param>
public sealed record PairedTiming(KernelTiming First, KernelTiming Second, TimeStatistics Ratio);
