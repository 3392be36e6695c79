using System.Collections.Generic;

namespace Winnow.Benchmarking.Traces;

/// <summary>An input or output of a definition.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Shape">Names of axes, slowest first; empty for one value in memory; null for a number that is passed by value.</param>
/// <param name="DType">What it holds.</param>
/// <param name="Description">What it is, for people.</param>
public sealed record TraceTensor(string Name, IReadOnlyList<string>? Shape, TraceDType DType, string? Description = null);
