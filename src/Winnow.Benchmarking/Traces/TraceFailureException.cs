using System;

namespace Winnow.Benchmarking.Traces;

/// <summary>A solution is wrong in a way that the schema has a status for.</summary>
internal sealed class TraceFailureException(TraceStatus status, string log) : Exception(log)
{
    /// <summary>The status.</summary>
    public TraceStatus Status { get; } = status;
}
