namespace Winnow.Benchmarking.Traces;

/// <summary>A source file that stands in a solution.</summary>
/// <param name="Path">Its relative path, for instance <c>kernel.cu</c>.</param>
/// <param name="Content">Its text.</param>
public sealed record TraceSource(string Path, string Content);
