namespace Winnow.Benchmarking.Traces;

/// <summary>A measured solution.</summary>
/// <param name="Performance">What stands in a trace.</param>
/// <param name="Log">How it was taken.</param>
internal sealed record TraceTiming(TracePerformance Performance, string Log);
