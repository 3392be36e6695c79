using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using Winnow.Cache;
using Winnow.Cache.Policies;

namespace Winnow.Tests.Cache.Policies;

/// <summary>What holds for every policy, and the comparison with a reference.</summary>
internal static class PolicyChecks
{
    private static readonly HashSet<string> Signals =
    [
        SlotPlanes.ColumnMass, SlotPlanes.WindowMass, SlotPlanes.LastRow, SlotPlanes.ColumnMaximum, SlotPlanes.Hits,
        SlotPlanes.KeyL1, SlotPlanes.KeyL2, SlotPlanes.ValueL1, SlotPlanes.ValueL2,
    ];

    /// <summary>Survivors keep their order and all their bits; what is protected survives; no row is left with more than it had.</summary>
    public static void Survives(
        KvPolicy policy, IReadOnlyList<IReadOnlyList<SlotView>> before, IReadOnlyList<IReadOnlyList<SlotView>> after, PolicyView view)
    {
        for (int row = 0; row < before.Count; row++)
        {
            int[] origin = Match(policy, before[row], after[row]);
            Assert.That(origin, Is.Ordered.Ascending.And.Unique, $"row {row} keeps its order");
            int sinks = Math.Min(policy.SinkTokens, before[row].Count), recent = Math.Min(policy.RecentOf(view.Slots), before[row].Count);
            Assert.That(origin.Take(sinks), Is.EqualTo(Enumerable.Range(0, sinks)), $"row {row} keeps its sinks");
            Assert.That(origin.TakeLast(recent), Is.EqualTo(Enumerable.Range(before[row].Count - recent, recent)), $"row {row} keeps its last slots");
            bool original = policy.Positions == KvPositions.Original;
            for (int i = 0; i < origin.Length; i++)
            {
                (SlotView was, SlotView now) = (before[row][origin[i]], after[row][i]);
                Assert.That(now.Value, Is.EqualTo(was.Value), "a value keeps its bits");
                Assert.That(original ? now.Key : [], Is.EqualTo(original ? was.Key : []), "a key keeps its bits");
                if (!original)
                {
                    Rotated(was, now);
                }

                Assert.That(now.Position, Is.EqualTo(original ? was.Position : view.Length - after[row].Count + i));
                foreach ((string plane, float value) in was.Planes)
                {
                    // Who has read the hits of a step may take them off.
                    bool same = BitConverter.SingleToInt32Bits(value) == BitConverter.SingleToInt32Bits(now.Planes[plane]);
                    Assert.That(!Signals.Contains(plane) || same || (plane == SlotPlanes.Hits && now.Planes[plane] == 0), Is.True, $"{plane} keeps its bits");
                }
            }
        }
    }

    /// <summary>Pages are held for just what is there.</summary>
    public static void Pages(KvCache cache, KvSequence sequence, IReadOnlyList<IReadOnlyList<SlotView>> rows)
    {
        Assert.That(cache.Counts(sequence).ToArray(), Is.EqualTo(rows.Select(row => row.Count)), "host and device count the same");
        Assert.That(cache.PagesOf(sequence), Is.EqualTo(rows.Sum(row => KvCache.PagesFor(row.Count))));
    }

    /// <summary>A row against the reference; slots whose scores differ by rounding alone may change places.</summary>
    public static void Decision(
        KvPolicy policy, IReadOnlyList<SlotView> before, IReadOnlyList<SlotView> after, RowDecision expected, string what)
    {
        int[] actual = Match(policy, before, after);
        if (actual.SequenceEqual(expected.Kept))
        {
            return;
        }

        Assert.That(actual, Has.Length.EqualTo(expected.Kept.Length), what);
        int[] instead = [.. actual.Except(expected.Kept)];
        int[] missing = [.. expected.Kept.Except(actual)];
        string told = $"{what}: kept [{string.Join(" ", instead)}] instead of [{string.Join(" ", missing)}]";
        Assert.That(expected.Scores, Is.Not.Null, told);
        double scale = expected.Scores!.Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty(0).Max();
        foreach ((int wrong, int right) in instead.OrderByDescending(i => expected.Scores![i]).Zip(missing.OrderByDescending(i => expected.Scores![i])))
        {
            double difference = expected.Scores![right] - expected.Scores[wrong];
            bool mayBe = expected.IsSummed ? difference >= 0 : difference > 0;
            Assert.That(mayBe && difference < 1e-5 * scale, Is.True, $"{told}; scores {expected.Scores[wrong]} and {expected.Scores[right]}");
        }
    }

    // The key of a slot that has moved is its key turned by the way, pair by pair; one that has not moved keeps its bits.
    private static void Rotated(SlotView was, SlotView now)
    {
        int half = was.Key.Length / 2;
        int way = now.Position - was.Position;
        double largest = was.Key.Max(Math.Abs);
        for (int i = 0; i < half; i++)
        {
            (double sin, double cos) = Math.SinCos(way * (double)(float)Math.Pow(10000, -2.0 * i / was.Key.Length));
            double tolerance = way == 0 ? 0 : 1e-5 * largest;
            Assert.That(now.Key[i], Is.EqualTo((was.Key[i] * cos) - (was.Key[half + i] * sin)).Within(tolerance));
            Assert.That(now.Key[half + i], Is.EqualTo((was.Key[half + i] * cos) + (was.Key[i] * sin)).Within(tolerance));
        }
    }

    // Which slot of before each one of after was: told by positions, or where those change, by values, which no two slots share then.
    private static int[] Match(KvPolicy policy, IReadOnlyList<SlotView> before, IReadOnlyList<SlotView> after)
    {
        bool byPosition = policy.Positions == KvPositions.Original;
        return [.. after.Select(slot => before.TakeWhile(was => byPosition ? was.Position != slot.Position : !was.Value.AsSpan().SequenceEqual(slot.Value)).Count())];
    }
}
