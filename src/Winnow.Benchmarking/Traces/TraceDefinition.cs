using System.Collections.Generic;

namespace Winnow.Benchmarking.Traces;

/// <summary>A computation that is to be solved: <c>definitions/**.json</c> of a FlashInfer-Trace data set.</summary>
public sealed record TraceDefinition
{
    /// <summary>Its name, for instance <c>rmsnorm_h4096</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What kind of computation it is, for instance <c>rmsnorm</c>, <c>gemm</c>, <c>gqa_paged</c>.</summary>
    public required string OpType { get; init; }

    /// <summary>Its dimensions, in their order.</summary>
    public required IReadOnlyList<TraceAxis> Axes { get; init; }

    /// <summary>What it reads, in the order of its signature.</summary>
    public required IReadOnlyList<TraceTensor> Inputs { get; init; }

    /// <summary>What it writes, in the order of its signature.</summary>
    public required IReadOnlyList<TraceTensor> Outputs { get; init; }

    /// <summary>The same in Python: what the computation means. It is kept, and never run here.</summary>
    public required string Reference { get; init; }

    /// <summary>Words to search by, for instance <c>model:llama-3.1-8b</c>.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>What it is, for people.</summary>
    public string? Description { get; init; }

    /// <summary>Python expressions that hold between axes, for instance <c>len_indptr == batch_size + 1</c>.</summary>
    public IReadOnlyList<string> Constraints { get; init; } = [];

    /// <summary>Where it was read from, for messages; empty where it was made in code.</summary>
    public string File { get; init; } = "";
}
