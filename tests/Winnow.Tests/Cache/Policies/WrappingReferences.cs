using System;
using System.Collections.Generic;
using System.Linq;

namespace Winnow.Tests.Cache.Policies;

/// <summary>The budgets of a pyramid over the scores of SnapKV.</summary>
internal sealed class PyramidReference(int window, double beta, SnapKvReference inner) : IPolicyReference
{
    public int SlotsOf(PolicyView view, int layer)
    {
        int total = view.Rows.Max(row => row.Count);
        int budget = view.Slots - window;
        if (total - window <= budget || budget <= 0)
        {
            return view.Slots;
        }

        double min = Math.Floor(budget / beta);
        double max = (2 * budget) - min;
        if (max > total - window)
        {
            max = total - window;
            min = (2 * budget) - max;
        }

        return min < 0 ? view.Slots : window + (int)Math.Floor(max - (layer * (max - min) / (view.Layers - 1)) + 0.5);
    }

    public IReadOnlyList<RowDecision> Decide(PolicyView view)
    {
        IReadOnlyList<RowDecision> scored = inner.Decide(view);
        return [.. scored.Select((row, index) => RowDecision.Top(row.Scores!, SlotsOf(view, view.LayerOf(index)), 0, window, summed: true))];
    }
}

/// <summary>Heads that compete, over the scores and budgets of another reference; float scores, because equal ones must be equal here too.</summary>
internal sealed class AdaReference(int window, double floor, IPolicyReference inner) : IPolicyReference
{
    public void Observe(PolicyView view) => inner.Observe(view);

    public int SlotsOf(PolicyView view, int layer) => inner.SlotsOf(view, layer);

    public IReadOnlyList<RowDecision> Decide(PolicyView view)
    {
        IReadOnlyList<RowDecision> scored = inner.Decide(view);
        var decisions = new List<RowDecision>();
        for (int layer = 0; layer < view.Layers; layer++)
        {
            int first = layer * view.KvHeads;
            int each = SlotsOf(view, layer) - window;
            (int Head, double Score)[] open = [.. Enumerable.Range(0, view.KvHeads).SelectMany(head =>
                scored[first + head].Scores!.SkipLast(window).Select(score => (head, (double)(float)score)))];
            int pool = Math.Min(open.Length, view.KvHeads * each);
            (int Head, double Score)[] winners = [.. open.Select((entry, index) => (entry, index)).OrderByDescending(pair => pair.entry.Score).ThenBy(pair => pair.index).Take(pool).Select(pair => pair.entry)];
            int[] caps = Round(
                [.. Enumerable.Range(0, view.KvHeads).Select(head =>
                    Math.Floor(each * floor) + (winners.Count(winner => winner.Head == head) * (pool - (view.KvHeads * Math.Floor(each * floor))) / Math.Max(1, pool)))],
                [.. Enumerable.Range(0, view.KvHeads).Select(head => view.Rows[first + head].Count - window)],
                pool);
            decisions.AddRange(caps.Select((cap, head) => RowDecision.Top(scored[first + head].Scores!, cap + window, 0, window, summed: true)));
        }

        return decisions;
    }

    // Hamilton's method with a limit for each.
    private static int[] Round(double[] shares, int[] limits, int total)
    {
        int[] whole = [.. shares.Select((share, i) => Math.Min(limits[i], (int)Math.Floor(share)))];
        double[] remainders = [.. shares.Select((share, i) => share - whole[i])];
        while (whole.Sum() < total)
        {
            int winner = Enumerable.Range(0, whole.Length).Where(i => whole[i] < limits[i]).OrderByDescending(i => remainders[i]).ThenBy(i => i).First();
            whole[winner]++;
            remainders[winner] -= 1;
        }

        return whole;
    }
}

/// <summary>Chunks by the mean of what their tokens get from all heads of the layer.</summary>
internal sealed class ChunkReference(int chunk, int window, IPolicyReference inner) : IPolicyReference
{
    public IReadOnlyList<RowDecision> Decide(PolicyView view)
    {
        IReadOnlyList<RowDecision> scored = inner.Decide(view);
        return [.. view.Rows.Select((row, index) =>
        {
            int first = view.LayerOf(index) * view.KvHeads;
            double[] sums = [.. Enumerable.Range(0, row.Count).Select(slot => Enumerable.Range(first, view.KvHeads).Sum(head => scored[head].Scores![slot]))];
            double[] means = [.. sums.Chunk(chunk).SelectMany(part => Enumerable.Repeat(part.Average(), part.Length))];
            return RowDecision.Top(means, view.Slots, 0, window, summed: true);
        })];
    }
}

/// <summary>Scores times the sum of magnitudes of values.</summary>
internal sealed class VatpReference(int sinks, Func<PolicyView, int> recent, IPolicyReference inner) : IPolicyReference
{
    public void Observe(PolicyView view) => inner.Observe(view);

    public IReadOnlyList<RowDecision> Decide(PolicyView view)
    {
        IReadOnlyList<RowDecision> scored = inner.Decide(view);
        return [.. view.Rows.Select((row, index) => RowDecision.Top(
            [.. row.Select((slot, i) => scored[index].Scores![i] * slot.Value.Sum(x => Math.Abs((double)x)))], view.Slots, sinks, recent(view)))];
    }
}
