using System.Collections.Generic;
using System.Linq;
using Winnow.Cache;

namespace Winnow.Tests.Cache.Policies;

/// <summary>Heavy hitters and recent ones, half and half.</summary>
internal sealed class H2oReference : IPolicyReference
{
    public IReadOnlyList<RowDecision> Decide(PolicyView view) =>
        [.. view.Rows.Select(row => RowDecision.Top([.. row.Select(slot => (double)slot.Planes[SlotPlanes.ColumnMass])], view.Slots, 0, view.Slots / 2))];
}

/// <summary>The last query's attention, summed over all heads of a layer.</summary>
internal sealed class TovaReference : IPolicyReference
{
    public IReadOnlyList<RowDecision> Decide(PolicyView view) => [.. view.Rows.Select((row, index) =>
    {
        int first = view.LayerOf(index) * view.KvHeads;
        double[] scores = [.. Enumerable.Range(0, row.Count).Select(slot =>
            Enumerable.Range(first, view.KvHeads).Sum(head => (double)view.Rows[head][slot].Planes[SlotPlanes.LastRow]))];
        return RowDecision.Top(scores, view.Slots, 0, 1);
    })];
}

/// <summary>The window's attention, pooled.</summary>
internal sealed class SnapKvReference(int window, int kernel, bool max) : IPolicyReference
{
    public IReadOnlyList<RowDecision> Decide(PolicyView view) =>
        [.. view.Rows.Select(row => RowDecision.Top(Pool([.. row.Select(slot => (double)slot.Planes[SlotPlanes.WindowMass])]), view.Slots, 0, window, summed: !max))];

    private double[] Pool(double[] mass) => [.. Enumerable.Range(0, mass.Length).Select(center =>
    {
        IEnumerable<double> near = Enumerable.Range(center - (kernel / 2), kernel).Where(i => i >= 0 && i < mass.Length).Select(i => mass[i]);
        return max ? near.Max() : near.Sum() / kernel;
    })];
}
