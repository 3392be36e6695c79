namespace Winnow.Benchmarking.Traces;

/// <summary>
/// A line of <c>workloads/**.jsonl</c> or <c>traces/**.jsonl</c> of a FlashInfer-Trace data set: a workload, and what came of it where a solution was run on it.
/// </summary>
public sealed record KernelTrace
{
    /// <summary>The name of the definition.</summary>
    public required string Definition { get; init; }

    /// <summary>The workload.</summary>
    public required TraceWorkload Workload { get; init; }

    /// <summary>The name of the solution; null for a workload alone.</summary>
    public string? Solution { get; init; }

    /// <summary>What came of it; null for a workload alone.</summary>
    public TraceEvaluation? Evaluation { get; init; }

    /// <summary>Where it was read from, for messages; empty where it was made in code.</summary>
    public string File { get; init; } = "";

    /// <summary>The line in <see cref="File"/>, from 1; 0 where unknown.</summary>
    public int Line { get; init; }
}
