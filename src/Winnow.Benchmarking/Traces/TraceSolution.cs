using System.Collections.Generic;

namespace Winnow.Benchmarking.Traces;

/// <summary>A way to compute a definition: <c>solutions/**.json</c> of a FlashInfer-Trace data set.</summary>
public sealed record TraceSolution
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The name of the definition that it solves.</summary>
    public required string Definition { get; init; }

    /// <summary>Who wrote it.</summary>
    public required string Author { get; init; }

    /// <summary>What it is written in and where it begins.</summary>
    public required TraceBuildSpec Spec { get; init; }

    /// <summary>Its files.</summary>
    public required IReadOnlyList<TraceSource> Sources { get; init; }

    /// <summary>What it is, for people.</summary>
    public string? Description { get; init; }

    /// <summary>Where it was read from, for messages; empty where it was made in code.</summary>
    public string File { get; init; } = "";
}
