using System;

namespace Winnow.Benchmarking.Traces;

/// <summary>What outputs should be, computed in C#: it stands for the Python of a definition, which is never run.</summary>
/// <remarks>
/// Either may throw <see cref="NotSupportedException"/> where the definition is not one that it knows: solutions then stay unchecked. An
/// <see cref="ArgumentException"/> says that the workload's values make no sense, offsets that fall for instance: the workload is then left out.
/// </remarks>
/// <param name="Name">What it is called in logs.</param>
/// <param name="Exact">Computes the outputs in double precision.</param>
/// <param name="Plain">Computes them plainly, as one would in the definition's own types; they are rounded to those at the end. Its error is the yardstick. Null for the exact ones, rounded.</param>
public sealed record TraceReference(string Name, Action<TraceReferenceCall> Exact, Action<TraceReferenceCall>? Plain = null);
