using System;
using Winnow.Formats;

namespace Winnow.Conversion;

/// <summary>One tensor of the new file: where it comes from, and what happens to it on the way.</summary>
internal sealed record TensorPlan
{
    public required TensorInfo Source { get; init; }

    public required string Name { get; init; }

    /// <summary>From a row of the new tensor to the row it is taken from; null where rows stay.</summary>
    public Func<long, long>? RowOf { get; init; }

    /// <summary>Added to every value: norms are stored as w in one format and as 1 + w in the other.</summary>
    public float Add { get; init; }
}
