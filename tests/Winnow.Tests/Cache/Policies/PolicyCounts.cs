using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using Winnow.Cache.Policies;

namespace Winnow.Tests.Cache.Policies;

/// <summary>How many slots a policy leaves: what the budget says, by the name of the policy, since some divide it in their own way.</summary>
internal static class PolicyCounts
{
    // These keep what is of a kind, up to the budget.
    private static readonly string[] Kinds = ["sepllm", "nats"];

    /// <summary>Checks the numbers of slots before and after a policy ran.</summary>
    public static void Follow(KvPolicy policy, PolicyView view, IReadOnlyList<IReadOnlyList<SlotView>> after)
    {
        int[] was = [.. view.Rows.Select(row => row.Count)], now = [.. after.Select(row => row.Count)];
        string[] stages = policy.Info.Name.Split('+');
        bool isDue = (policy.Evicts & view.Moment) != 0 && (view.Moment != KvMoment.Decode || view.DecodeSteps % policy.Interval == 0);
        if (!isDue)
        {
            Assert.That(now, Is.EqualTo(was), "nothing leaves now");
        }
        else if (stages.Contains("pyramidkv"))
        {
            Pyramid(policy, view, was, now, stages.Contains("adakv"));
        }
        else if (stages.Contains("adakv"))
        {
            Pooled(policy, view, was, now);
        }
        else if (stages.Intersect(Kinds).Any())
        {
            // Heads may differ: a layer that holds no more than its budget is left alone.
            bool isOver = was.Chunk(view.KvHeads).Any(layer => layer.Sum() > view.KvHeads * view.Slots);
            Assert.That(now, isOver ? Is.All.InRange(1, view.Slots) : Is.EqualTo(was), "up to the budget stay");
        }
        else
        {
            Assert.That(now, Is.EqualTo(was.Select(count => Math.Min(count, view.Slots))), "the budget's slots of each head stay");
        }
    }

    private static void Pooled(KvPolicy policy, PolicyView view, int[] was, int[] now)
    {
        int safe = policy.SinkTokens + policy.RecentOf(view.Slots);
        for (int layer = 0; layer < view.Layers; layer++)
        {
            int[] before = [.. was.Skip(layer * view.KvHeads).Take(view.KvHeads)], left = [.. now.Skip(layer * view.KvHeads).Take(view.KvHeads)];
            Assert.That(left.Zip(before), Is.All.Matches<(int Now, int Was)>(head => head.Now >= Math.Min(safe, head.Was)), "what is protected stays");
            int expected = Math.Min(before.Sum(), view.KvHeads * view.Slots);

            // A head with less than is protected nowadays leaves room that no other one gets.
            Assert.That(left.Sum(), before.Min() >= safe ? Is.EqualTo(expected) : Is.AtMost(expected), $"the budget's slots of layer {layer} stay");
        }
    }

    private static void Pyramid(KvPolicy policy, PolicyView view, int[] was, int[] now, bool pooled)
    {
        int most = was.Length * view.Slots;
        Assert.That(now.Sum(), Is.AtMost(most), "the budget's slots stay, over all layers");
        if (was.Min() == was.Max() && was[0] > view.Slots)
        {
            Assert.That(now.Sum(), Is.AtLeast(most), "the budget's slots stay, over all layers");
        }

        for (int row = 0; row < now.Length && !pooled; row++)
        {
            Assert.That(now[row], Is.EqualTo(now[row / view.KvHeads * view.KvHeads]), "heads of a layer keep the same number");
        }
    }
}
