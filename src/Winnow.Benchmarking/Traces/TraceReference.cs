using System;

namespace Winnow.Benchmarking.Traces;

/// <summary>What outputs should be, computed in C#: it stands for the Python of a definition, which is never run.</summary>
/// <remarks>
/// Each delegate may throw <see cref="NotSupportedException"/> where the definition is not one that it knows: solutions then stay unchecked. An
/// <see cref="ArgumentException"/> says that the workload's values make no sense, offsets that fall for instance: the workload is then left out.
/// </remarks>
/// <param name="Name">What it is called in logs.</param>
/// <param name="Exact">Computes the outputs in double precision; null where they are draws.</param>
/// <param name="Plain">Computes them plainly, as one would in the definition's own types; they are rounded to those at the end. Its error is the yardstick. Null for the exact ones, rounded.</param>
public sealed record TraceReference(string Name, Action<TraceReferenceCall>? Exact, Action<TraceReferenceCall>? Plain = null)
{
    /// <summary>Where the output is drawn at random: what it is drawn from. Null for outputs that are compared value by value.</summary>
    public Func<TraceReferenceCall, TraceDistribution>? Distribution { get; init; }

    /// <summary>A reference of draws.</summary>
    /// <param name="name">What it is called in logs.</param>
    /// <param name="distribution">Says what the output is drawn from; outputs of the call stay as they are.</param>
    public static TraceReference OfDraws(string name, Func<TraceReferenceCall, TraceDistribution> distribution) => new(name, null) { Distribution = distribution };
}
