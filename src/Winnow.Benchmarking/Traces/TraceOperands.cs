using System.Collections.Generic;

namespace Winnow.Benchmarking.Traces;

/// <summary>What a C# solution is given: the tensors of one workload.</summary>
/// <param name="Definition">What is to be computed.</param>
/// <param name="Axes">The lengths of all axes.</param>
/// <param name="Inputs">What it reads, by name; a number that is passed by value has one value.</param>
/// <param name="Outputs">What it writes, by name. Before, all bits are set, which is NaN for floats.</param>
public sealed record TraceOperands(
    TraceDefinition Definition, IReadOnlyDictionary<string, long> Axes, IReadOnlyDictionary<string, TraceTensorData> Inputs, IReadOnlyDictionary<string, TraceTensorData> Outputs);
