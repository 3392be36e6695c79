namespace Winnow.Benchmarking.Traces;

/// <summary>Measured times. What is only predicted does not stand here.</summary>
/// <param name="LatencyMilliseconds">The solution's time.</param>
/// <param name="ReferenceLatencyMilliseconds">The reference's time on the same device; 0 where it was not timed.</param>
/// <param name="SpeedupFactor">The reference's time divided by the solution's; 0 where the reference was not timed.</param>
/// <param name="Profile">A JSON array of what a profiler said of each kernel, as text; null where there is none.</param>
public sealed record TracePerformance(double LatencyMilliseconds, double ReferenceLatencyMilliseconds, double SpeedupFactor, string? Profile = null);
