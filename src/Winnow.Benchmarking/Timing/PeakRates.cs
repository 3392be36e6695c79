namespace Winnow.Benchmarking.Timing;

/// <summary>What a device reached in the same run: what other figures are held against.</summary>
/// <param name="CopyBytesPerSecond">Bytes read and written by a plain copy of memory.</param>
/// <param name="TensorFlopsPerSecond">Products of halves, summed in 32 bits, by <c>mma.sync</c> from registers.</param>
public sealed record PeakRates(double CopyBytesPerSecond, double TensorFlopsPerSecond);
