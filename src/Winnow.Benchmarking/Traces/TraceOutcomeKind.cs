namespace Winnow.Benchmarking.Traces;

/// <summary>What came of a solution and a workload.</summary>
public enum TraceOutcomeKind
{
    /// <summary>It has a trace: it passed, or it is known what is wrong with it.</summary>
    Evaluated,

    /// <summary>It ran without an error, and there is nothing to compare its outputs with. The schema has no status for that, so there is no trace.</summary>
    NotChecked,

    /// <summary>It was not run: it cannot be run here, or something about it is damaged.</summary>
    Skipped,
}
