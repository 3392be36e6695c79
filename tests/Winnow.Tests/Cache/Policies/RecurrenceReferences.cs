using System;
using System.Collections.Generic;
using System.Linq;
using Winnow.Cache;
using Winnow.Cache.Policies;

namespace Winnow.Tests.Cache.Policies;

/// <summary>When tokens were looked at, and how long they had to wait; attention is worked out here from queries and keys.</summary>
internal sealed class LazyEvictionReference(int window, double alpha) : IPolicyReference
{
    private readonly Dictionary<(int Row, int Position), (double Last, double Longest)> _seen = [];

    public void Observe(PolicyView view)
    {
        bool decodes = view.Moment == KvMoment.Decode;
        for (int row = 0; row < view.Rows.Count; row++)
        {
            double[] attention = decodes ? Attention(view, row) : [];
            for (int slot = 0; slot < view.Rows[row].Count; slot++)
            {
                (int Row, int Position) key = (row, view.Rows[row][slot].Position);
                _seen.TryAdd(key, (decodes ? view.DecodeSteps - 1 : view.DecodeSteps, 0));
                if (decodes && attention[slot] >= alpha)
                {
                    (double last, double longest) = _seen[key];
                    _seen[key] = (view.DecodeSteps, Math.Max(longest, view.DecodeSteps - last));
                }
            }
        }
    }

    public IReadOnlyList<RowDecision> Decide(PolicyView view) => [.. view.Rows.Select((row, index) =>
        RowDecision.Top([.. row.Select(slot => Score(_seen[(index, slot.Position)], view.DecodeSteps))], view.Slots, 0, window))];

    private static double Score((double Last, double Longest) seen, int step) =>
        (2 / (1 + Math.Exp(1 + ((step - seen.Last) / (seen.Longest + 1e-5))))) + (seen.Longest > 0 ? 2 / (1 + Math.Exp(seen.Longest - 1)) : 0);

    // The most that a head of the group pays each slot.
    private static double[] Attention(PolicyView view, int row)
    {
        float[] queries = view.Queries[view.LayerOf(row)];
        double[] most = new double[view.Rows[row].Count];
        for (int head = 0; head < view.Group; head++)
        {
            int first = ((row % view.KvHeads * view.Group) + head) * PolicyHarness.HeadDim;
            double[] scores = [.. view.Rows[row].Select(slot =>
                slot.Key.Select((value, i) => (double)value * queries[first + i]).Sum() * PolicyHarness.Config.AttentionScale)];
            double sum = scores.Sum(score => Math.Exp(score - scores.Max()));
            for (int slot = 0; slot < most.Length; slot++)
            {
                most[slot] = Math.Max(most[slot], Math.Exp(scores[slot] - scores.Max()) / sum);
            }
        }

        return most;
    }
}

/// <summary>Mean attention of the last queries of a part of a prompt, and after it what each token adds.</summary>
internal sealed class ScissorhandsReference(int history, int recent) : IPolicyReference
{
    private readonly Dictionary<(int Row, int Position), double> _importance = [];

    public void Observe(PolicyView view)
    {
        for (int row = 0; row < view.Rows.Count; row++)
        {
            foreach (SlotView slot in view.Rows[row])
            {
                double mass = slot.Planes[SlotPlanes.WindowMass];
                _importance[(row, slot.Position)] = view.Moment == KvMoment.Decode
                    ? _importance.GetValueOrDefault((row, slot.Position)) + mass
                    : mass / history;
            }
        }
    }

    public IReadOnlyList<RowDecision> Decide(PolicyView view) => [.. view.Rows.Select((row, index) =>
        RowDecision.Top([.. row.Select(slot => _importance[(index, slot.Position)])], view.Slots, 0, recent))];
}

/// <summary>How many queries did not look at a token; those that were missed least stay.</summary>
internal sealed class MissesReference(int recent) : IPolicyReference
{
    public IReadOnlyList<RowDecision> Decide(PolicyView view) => [.. view.Rows.Select(row =>
        RowDecision.Top([.. row.Select(slot => -Misses(view, slot))], view.Slots, 0, recent))];

    private static double Misses(PolicyView view, SlotView slot) => (view.Group * (view.Length - slot.Position)) - slot.Planes[SlotPlanes.Hits];
}
