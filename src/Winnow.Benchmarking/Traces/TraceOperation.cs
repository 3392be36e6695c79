using System;

namespace Winnow.Benchmarking.Traces;

/// <summary>A solution in C#. The schema has no such language, so it stands in code and not in a file; traces name it like any other.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Definition">The name of the definition that it solves.</param>
/// <param name="Run">Computes the outputs.</param>
public sealed record TraceOperation(string Name, string Definition, Action<TraceOperands> Run);
