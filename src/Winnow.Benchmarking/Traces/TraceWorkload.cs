using System.Collections.Generic;

namespace Winnow.Benchmarking.Traces;

/// <summary>One size of a definition, with the source of each input.</summary>
public sealed record TraceWorkload
{
    /// <summary>What it is known by.</summary>
    public required string Uuid { get; init; }

    /// <summary>The lengths of the variable axes.</summary>
    public required IReadOnlyDictionary<string, long> Axes { get; init; }

    /// <summary>Where inputs come from, by name.</summary>
    public required IReadOnlyDictionary<string, TraceInput> Inputs { get; init; }
}
