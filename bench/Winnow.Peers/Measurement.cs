namespace Winnow.Peers;

/// <summary>One answer of a participant.</summary>
/// <param name="TokensPerSecond">By the clock on the wall.</param>
/// <param name="TokensPerCpuSecond">By the processor time of all its threads: what a busy machine does not disturb much.</param>
/// <param name="PeakBytes">The most memory it ever held.</param>
internal sealed record Measurement(double TokensPerSecond, double TokensPerCpuSecond, long PeakBytes);
