using System;
using System.Collections.Generic;

namespace Winnow.Cache.Policies;

/// <summary>Keeps the last tokens and drops all others: the control for what recency alone is worth.</summary>
/// <remarks>
/// Source: none; sliding-window attention of Beltagy et al. 2020, arXiv:2004.05150, as a cache. Inputs: positions. State: the positions held, host.
/// Cost: O(budget) on the host. Not for: models whose layers have a window anyway.
/// </remarks>
public sealed class WindowPolicy : PositionPolicy
{
    /// <summary>Makes it.</summary>
    /// <param name="budget">How much stays.</param>
    public WindowPolicy(KvBudget budget)
        : base(Description, budget)
    {
    }

    /// <summary>What there is to say about it.</summary>
    public static KvPolicyInfo Description { get; } = new("window", "keeps the last tokens (control)", "");

    /// <inheritdoc/>
    protected override void Keep(KvPass pass, ReadOnlySpan<int> positions, List<int> kept)
    {
        for (int slot = Math.Max(0, positions.Length - pass.Slots); slot < positions.Length; slot++)
        {
            kept.Add(slot);
        }
    }
}
