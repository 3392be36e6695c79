using System;
using System.Collections.Generic;
using System.Linq;

namespace Winnow.Tests.Cache.Policies;

/// <summary>What a reference says about one row.</summary>
/// <param name="Kept">The slots that stay, ascending.</param>
/// <param name="Scores">
/// The scores in double precision, where the row was decided by scores: two slots whose scores differ by rounding alone may then change places.
/// </param>
internal sealed record RowDecision(int[] Kept, double[]? Scores = null)
{
    /// <summary>
    /// Whether scores are sums of several floats: two that are equal here may differ there, by the order of the sums. Otherwise equal is equal, and the earlier slot
    /// goes first.
    /// </summary>
    public bool IsSummed { get; init; }

    /// <summary>Everything stays.</summary>
    public static RowDecision All(int count) => new([.. Enumerable.Range(0, count)]);

    /// <summary>The first and last slots stay, and the best of the others up to a number; of equal scores the earlier slot.</summary>
    public static RowDecision Top(IReadOnlyList<double> scores, int wanted, int sinks, int recent, bool summed = false)
    {
        int count = scores.Count;
        bool IsSafe(int i) => i < sinks || i >= count - recent;
        int[] safe = [.. Enumerable.Range(0, count).Where(IsSafe)];
        IEnumerable<int> best = Enumerable.Range(0, count).Where(i => !IsSafe(i)).OrderByDescending(i => scores[i]).ThenBy(i => i);
        return new RowDecision([.. safe.Concat(best.Take(Math.Max(0, wanted - safe.Length))).Order()], [.. scores]) { IsSummed = summed };
    }
}
