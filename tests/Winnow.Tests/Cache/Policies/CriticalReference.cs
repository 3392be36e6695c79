using System;
using System.Collections.Generic;
using System.Linq;

namespace Winnow.Tests.Cache.Policies;

/// <summary>Half by the scores of another reference, the rest by those times what values do to the output.</summary>
internal sealed class CriticalReference(double share, double epsilon, Func<PolicyView, int> recent, IPolicyReference inner) : IPolicyReference
{
    public void Observe(PolicyView view) => inner.Observe(view);

    public IReadOnlyList<RowDecision> Decide(PolicyView view)
    {
        IReadOnlyList<RowDecision> scored = inner.Decide(view);
        return [.. view.Rows.Select((row, index) =>
        {
            double[] scores = scored[index].Scores!;
            int open = row.Count - recent(view);
            int stage = Math.Max(0, (int)(share * view.Slots) - recent(view));
            HashSet<int> first = [.. Enumerable.Range(0, open).OrderByDescending(i => scores[i]).ThenBy(i => i).Take(stage)];
            double[] final = [.. row.Select((slot, i) =>
                first.Contains(i) ? double.PositiveInfinity : (scores[i] + epsilon) * Norm(view.LayerOf(index), index % view.KvHeads, slot.Value))];
            return RowDecision.Top(final, view.Slots, 0, recent(view), SlotView.Differ(row));
        })];
    }

    private static double Norm(int layer, int kvHead, float[] value)
    {
        float[] output = PolicyWeights.Output(layer);
        int columns = output.Length / PolicyHarness.Hidden;
        return Enumerable.Range(kvHead * PolicyHarness.Group, PolicyHarness.Group).Average(head => Enumerable.Range(0, PolicyHarness.Hidden).Sum(row =>
            Math.Abs(value.Select((x, c) => (double)x * output[(row * columns) + (head * PolicyHarness.HeadDim) + c]).Sum())));
    }
}
