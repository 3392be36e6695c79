namespace Winnow.Benchmarking.Traces;

/// <summary>A measured solution.</summary>
/// <param name="Performance">What stands in a trace; null where it takes too long to measure.</param>
/// <param name="Log">How it was taken, or why it was not.</param>
internal sealed record TraceTiming(TracePerformance? Performance, string Log);
