namespace Winnow.Benchmarking.Traces;

/// <summary>A named dimension of a definition.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its length; null where each workload has its own (<c>var</c>).</param>
/// <param name="Description">What it is, for people.</param>
public sealed record TraceAxis(string Name, long? Value, string? Description = null);
