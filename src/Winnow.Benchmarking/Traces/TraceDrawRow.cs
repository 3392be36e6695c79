using System.Collections.Generic;

namespace Winnow.Benchmarking.Traces;

/// <summary>What one value of an output is drawn from.</summary>
/// <param name="Weights">By number, how likely it is in proportion to the others; 0 for one that must not be drawn.</param>
public sealed record TraceDrawRow(IReadOnlyList<double> Weights)
{
    /// <summary>Numbers at the border, of which a right solution may keep more or fewer: those that are as likely as the last one kept, and those that rounding decides on.</summary>
    public IReadOnlyList<int> Border { get; init; } = [];

    /// <summary>The least weight that is kept of the border.</summary>
    public double LeastBorder { get; init; }

    /// <summary>The most weight that is kept of the border.</summary>
    public double MostBorder { get; init; }
}
