namespace Winnow.Benchmarking.Traces;

/// <summary>What came of running a solution on a workload.</summary>
public sealed record TraceEvaluation
{
    /// <summary>How it ended.</summary>
    public required TraceStatus Status { get; init; }

    /// <summary>What it ran on.</summary>
    public required TraceEnvironment Environment { get; init; }

    /// <summary>When, as ISO 8601 writes it.</summary>
    public required string Timestamp { get; init; }

    /// <summary>What was said on the way: of errors, how times were taken, and predictions, which are called so.</summary>
    public string Log { get; init; } = "";

    /// <summary>How far outputs are from the reference; of <see cref="TraceStatus.Passed"/> and <see cref="TraceStatus.IncorrectNumerical"/> only, and always.</summary>
    public TraceCorrectness? Correctness { get; init; }

    /// <summary>Measured times; of <see cref="TraceStatus.Passed"/> only, and null there on the simulator, which measures nothing, and where it takes too long; the log says so.</summary>
    public TracePerformance? Performance { get; init; }
}
