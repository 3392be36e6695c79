using System.Collections.Generic;

namespace Winnow.Benchmarking.Traces;

/// <summary>What a reference is given: the values of one workload, widened.</summary>
/// <param name="Definition">What is to be computed.</param>
/// <param name="Axes">The lengths of all axes.</param>
/// <param name="Inputs">What it reads, by name; a number that is passed by value has one value.</param>
/// <param name="Outputs">What it computes, by name: to be filled; NaN before.</param>
public sealed record TraceReferenceCall(
    TraceDefinition Definition, IReadOnlyDictionary<string, long> Axes, IReadOnlyDictionary<string, double[]> Inputs, IReadOnlyDictionary<string, double[]> Outputs);
