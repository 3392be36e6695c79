using System.Collections.Generic;
using Winnow.Benchmarking.Checking;
using Winnow.Benchmarking.Prediction;

namespace Winnow.Benchmarking.Traces;

/// <summary>What came of a solution and a workload.</summary>
public sealed record TraceOutcome
{
    /// <summary>The kind.</summary>
    public required TraceOutcomeKind Kind { get; init; }

    /// <summary>The name of the definition.</summary>
    public required string Definition { get; init; }

    /// <summary>The name of the solution; empty where it is about a workload or a definition.</summary>
    public string Solution { get; init; } = "";

    /// <summary>The workload; null where it is about a solution or a definition.</summary>
    public TraceWorkload? Workload { get; init; }

    /// <summary>The trace, of <see cref="TraceOutcomeKind.Evaluated"/>.</summary>
    public KernelTrace? Trace { get; init; }

    /// <summary>Why it was not checked or not run; of wrong solutions, what is wrong.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Whether it was skipped because of damaged input, not because of what can be run here.</summary>
    public bool IsDamaged { get; init; }

    /// <summary>How each output compares with the reference; empty where nothing was compared.</summary>
    public IReadOnlyList<OutputComparison> Outputs { get; init; } = [];

    /// <summary>The measured time, milliseconds; null where nothing was measured.</summary>
    public double? MeasuredMilliseconds { get; init; }

    /// <summary>What the simulator's counts predict; null where the time was measured, or nothing can be said.</summary>
    public KernelPrediction? Prediction { get; init; }
}
