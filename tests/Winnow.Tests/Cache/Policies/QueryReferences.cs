using System;
using System.Collections.Generic;
using System.Linq;
using Winnow.Cache.Policies;

namespace Winnow.Tests.Cache.Policies;

/// <summary>The last ones, and keys that are long and one-sided in the space of hidden rows.</summary>
internal sealed class TramsReference(double recent) : IPolicyReference
{
    public IReadOnlyList<RowDecision> Decide(PolicyView view) => [.. view.Rows.Select((row, index) =>
    {
        double[] scores = [.. row.Select(slot => Score(view.LayerOf(index), index % view.KvHeads, Turn.By(slot.Key, -slot.Position)))];
        return RowDecision.Top(scores, view.Slots, 0, (int)(recent * view.Slots), SlotView.Differ(row));
    })];

    private static double Score(int layer, int kvHead, double[] key)
    {
        float[] query = PolicyWeights.Query(layer);
        return Enumerable.Range(kvHead * PolicyHarness.Group, PolicyHarness.Group).Average(head =>
        {
            double[] reformulated = [.. Enumerable.Range(0, PolicyHarness.Hidden).Select(column =>
                key.Select((x, c) => x * query[(((head * PolicyHarness.HeadDim) + c) * PolicyHarness.Hidden) + column]).Sum())];
            return Math.Sqrt(reformulated.Sum(x => x * x)) * Math.Abs(reformulated.Sum());
        });
    }
}

/// <summary>The attention that a normal distribution like that of the prompt's queries would pay, at positions to come.</summary>
internal sealed class ExpectedAttentionReference(int sinks, int future, double epsilon) : IPolicyReference
{
    // By layer and query head.
    private readonly Dictionary<(int Layer, int Head), List<double[]>> _queries = [];
    private int _tokens;

    public void Observe(PolicyView view)
    {
        if (view.Moment == KvMoment.Decode)
        {
            return;
        }

        for (int token = 0; token < view.NewTokens; token++, _tokens++)
        {
            for (int layer = 0; layer < view.Layers && _tokens >= sinks; layer++)
            {
                double[][] heads = [.. view.Queries[layer].Select(x => (double)x).Chunk(PolicyHarness.HeadDim).Skip(token * view.KvHeads * view.Group).Take(view.KvHeads * view.Group)];
                for (int head = 0; head < heads.Length; head++)
                {
                    (_queries.TryGetValue((layer, head), out List<double[]>? list) ? list : _queries[(layer, head)] = []).Add(heads[head]);
                }
            }
        }
    }

    public IReadOnlyList<RowDecision> Decide(PolicyView view) => [.. view.Rows.Select((row, index) =>
    {
        int kvHead = index % view.KvHeads;
        double[][] heads = [.. Enumerable.Range(kvHead * view.Group, view.Group).Select(head => Expect(row, _queries[(view.LayerOf(index), head)], view.Length))];
        double[] scores = [.. row.Select((slot, i) => (heads.Average(head => head[i]) + epsilon) * Math.Sqrt(slot.Value.Sum(x => (double)x * x)))];
        return RowDecision.Top(scores, view.Slots, sinks, 0, SlotView.Differ(row));
    })];

    private double[] Expect(IReadOnlyList<SlotView> row, List<double[]> queries, int length)
    {
        int dim = PolicyHarness.HeadDim;
        double[] mean = [.. Enumerable.Range(0, dim).Select(c => queries.Average(query => query[c]))];
        double[][] spread = [.. queries.Select(query => query.Zip(mean, (q, m) => q - m).ToArray())];

        // Rotations are linear: the mean rotation of a vector is the mean of its rotations.
        double[] Ahead(double[] vector) => [.. Enumerable.Range(0, future).Select(i => Turn.By(vector, length + i)).Aggregate((a, b) => [.. a.Zip(b, (x, y) => x + y)]).Select(x => x / future)];
        double[] turnedMean = Ahead(mean);
        double[][] turnedSpread = [.. spread.Select(Ahead)];
        double[] logits = [.. row.Select(slot =>
        {
            double Along(double[] query) => query.Select((q, c) => q * slot.Key[c]).Sum();
            return (Along(turnedMean) / Math.Sqrt(dim)) + (turnedSpread.Average(query => Along(query) * Along(query)) / (2 * dim));
        })];
        double most = logits.Skip(sinks).Max();
        double sum = logits.Skip(sinks).Sum(logit => Math.Exp(logit - most));
        return [.. logits.Select((logit, i) => i < sinks ? 0 : Math.Exp(logit - most) / sum)];
    }
}

/// <summary>The rotation of a vector to a position, or back.</summary>
internal static class Turn
{
    public static double[] By(float[] vector, int position) => By([.. vector.Select(x => (double)x)], position);

    public static double[] By(double[] vector, int position)
    {
        int half = vector.Length / 2;
        double[] turned = new double[vector.Length];
        for (int i = 0; i < half; i++)
        {
            float angle = position * (float)Math.Pow(10000, -2.0 * i / vector.Length);
            (double sin, double cos) = Math.SinCos((double)angle);
            turned[i] = (vector[i] * cos) - (vector[i + half] * sin);
            turned[i + half] = (vector[i + half] * cos) + (vector[i] * sin);
        }

        return turned;
    }
}
