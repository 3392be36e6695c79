using System.Collections.Generic;

namespace Winnow.Benchmarking.Traces;

/// <summary>What is expected of an output that is drawn at random, each value on its own.</summary>
/// <param name="Output">The output, of whole numbers; the definition has no other.</param>
/// <param name="Rows">For each of its values what it is drawn from.</param>
public sealed record TraceDistribution(string Output, IReadOnlyList<TraceDrawRow> Rows);
