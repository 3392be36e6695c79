using System;
using System.Collections.Generic;
using System.Linq;

namespace Winnow.Tests.Cache.Policies;

/// <summary>Keys that point away from the mean direction.</summary>
internal sealed class KeyDiffReference : IPolicyReference
{
    public IReadOnlyList<RowDecision> Decide(PolicyView view) => [.. view.Rows.Select(row =>
    {
        double[][] directions = [.. row.Select(slot => Normalize([.. slot.Key.Select(x => (double)x)]))];
        double[] anchor = Normalize([.. Enumerable.Range(0, PolicyHarness.HeadDim).Select(c => directions.Average(key => key[c]))]);
        return RowDecision.Top([.. directions.Select(key => -key.Zip(anchor, (a, b) => a * b).Sum())], view.Slots, 0, 0, SlotView.Differ(row));
    })];

    private static double[] Normalize(double[] vector)
    {
        double length = Math.Sqrt(vector.Sum(x => x * x));
        return [.. vector.Select(x => length == 0 ? 0 : x / length)];
    }
}

/// <summary>Ranks within partitions; by how much vectors stand out in the light of the next partition.</summary>
internal sealed class LagKvReference(int sinks, int mostLag) : IPolicyReference
{
    public IReadOnlyList<RowDecision> Decide(PolicyView view)
    {
        int lag = Math.Min(mostLag, Math.Max(1, (view.Slots - sinks) / 4));
        return [.. view.Rows.Select(row => Decide(row, view.Slots, lag))];
    }

    private RowDecision Decide(IReadOnlyList<SlotView> row, int slots, int lag)
    {
        double[] scores = [.. row.Select(_ => 1.0)];
        double[] weights = [.. row.Select(_ => 0.0)];
        for (int first = sinks, partition = 1; first + (2 * lag) <= row.Count; first += lag, partition++)
        {
            SlotView[] own = [.. row.Skip(first).Take(lag)], next = [.. row.Skip(first + lag).Take(lag)];
            double[] keys = Weigh([.. own.Select(slot => slot.Key)], [.. next.Select(slot => slot.Key)]);
            double[] values = Weigh([.. own.Select(slot => slot.Value)], [.. next.Select(slot => slot.Value)]);
            double[] mean = [.. keys.Zip(values, (k, v) => (k + v) / 2)];
            for (int i = 0; i < lag; i++)
            {
                scores[first + i] = (double)Enumerable.Range(0, lag).Count(other => mean[other] < mean[i] || (mean[other] == mean[i] && other > i)) / lag;

                // Slots of a partition whose weights differ by rounding alone may change ranks, and none of two partitions.
                weights[first + i] = partition + mean[i];
            }
        }

        return RowDecision.Top(scores, slots, sinks, lag, SlotView.Differ(row)) with { Scores = weights };
    }

    private static double[] Weigh(float[][] own, float[][] next)
    {
        double[] powers = [.. own.Select(vector => Deviation([.. vector.Select((x, c) =>
        {
            double low = next.Min(other => other[c]), high = next.Max(other => other[c]);
            return high == low ? 0 : (x - low) / (high - low);
        })]))];
        double most = powers.Max();
        double sum = powers.Sum(power => Math.Exp(power - most));
        return [.. powers.Select(power => Math.Exp(power - most) / sum)];
    }

    private static double Deviation(double[] channels)
    {
        double mean = channels.Average();
        return Math.Sqrt(channels.Sum(x => (x - mean) * (x - mean)) / (channels.Length - 1));
    }
}
