using System.Collections.Generic;
using System.Linq;
using Winnow.Kernels.Attention;

namespace Winnow.Cache;

/// <summary>
/// Names of planes that attention and append fill by themselves: what a policy asks for by name among its
/// <see cref="Policies.CachePolicy.Planes"/>. Any other name is a plane of the policy's own, 0 in a new slot.
/// </summary>
public static class SlotPlanes
{
    /// <summary>Attention that a slot has got so far, summed over queries and the heads of the group.</summary>
    public const string ColumnMass = "column_mass";

    /// <summary>Attention that a slot got from the last queries of the step, summed likewise; see <see cref="Policies.CachePolicy.WindowTokens"/>.</summary>
    public const string WindowMass = "window_mass";

    /// <summary>Attention that a slot got from the step's last token, summed over the heads of the group.</summary>
    public const string LastRow = "last_row";

    /// <summary>The greatest attention that a slot ever got from a query and head.</summary>
    public const string ColumnMaximum = "column_maximum";

    /// <summary>How often a query and head paid a slot more than <see cref="Policies.CachePolicy.HitThreshold"/>.</summary>
    public const string Hits = "hits";

    /// <summary>
    /// What each of the last <see cref="AttentionSignals.HistorySteps"/> queries paid a page: planes that go together and lie one after another, not a number of each
    /// slot; see <see cref="AttentionSignals.BlockHistory"/>.
    /// </summary>
    public static IReadOnlyList<string> BlockHistory { get; } = [.. Enumerable.Range(0, AttentionSignals.HistoryPlanes).Select(plane => $"block_history_{plane}")];

    /// <summary>The sum of the magnitudes of a slot's key.</summary>
    public const string KeyL1 = "key_l1";

    /// <summary>The length of a slot's key.</summary>
    public const string KeyL2 = "key_l2";

    /// <summary>The sum of the magnitudes of a slot's value.</summary>
    public const string ValueL1 = "value_l1";

    /// <summary>The length of a slot's value.</summary>
    public const string ValueL2 = "value_l2";
}
