using System;
using System.Collections.Generic;
using System.Linq;

namespace Winnow.Tests.Cache.Policies;

/// <summary>The last slots.</summary>
internal sealed class WindowReference : IPolicyReference
{
    public IReadOnlyList<RowDecision> Decide(PolicyView view) =>
        [.. view.Rows.Select(row => new RowDecision([.. Enumerable.Range(0, row.Count).TakeLast(view.Slots)]))];
}

/// <summary>The first slots and the last ones.</summary>
internal sealed class StreamingLlmReference(int sinks) : IPolicyReference
{
    public IReadOnlyList<RowDecision> Decide(PolicyView view) =>
        [.. view.Rows.Select(row => new RowDecision(
            [.. Enumerable.Range(0, Math.Min(sinks, row.Count)).Union(Enumerable.Range(0, row.Count).TakeLast(view.Slots - sinks)).Order()]))];
}
