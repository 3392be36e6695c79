using System;
using System.Collections.Generic;
using System.Linq;

namespace Winnow.Tests.Cache.Policies;

/// <summary>The last slots.</summary>
internal sealed class WindowReference : IPolicyReference
{
    public IReadOnlyList<RowDecision> Decide(PolicyView view) =>
        [.. view.Rows.Select(row => new RowDecision([.. Enumerable.Range(0, row.Count).TakeLast(view.Slots)]))];
}

/// <summary>The first slots and the last ones.</summary>
internal sealed class StreamingLlmReference(int sinks) : IPolicyReference
{
    public IReadOnlyList<RowDecision> Decide(PolicyView view) =>
        [.. view.Rows.Select(row => new RowDecision(
            [.. Enumerable.Range(0, Math.Min(sinks, row.Count)).Union(Enumerable.Range(0, row.Count).TakeLast(view.Slots - sinks)).Order()]))];
}

/// <summary>Positions with the greatest numbers, by the SplitMix64 finalizer written once more, and the newest one.</summary>
internal sealed class RandomReference(ulong seed) : IPolicyReference
{
    public IReadOnlyList<RowDecision> Decide(PolicyView view) => [.. view.Rows.Select(row =>
    {
        IEnumerable<int> best = Enumerable.Range(0, row.Count - 1).OrderByDescending(slot => Number(row[slot].Position)).Take(view.Slots - 1);
        return new RowDecision([.. best.Append(row.Count - 1).Order()]);
    })];

    private ulong Number(int position)
    {
        ulong p = (ulong)(position + 1);
        ulong z = unchecked((seed * 11400714819323198485UL) + ((p << 32) | (p >> 32)));
        z = unchecked((z ^ (z >> 30)) * 13787848793156543929UL);
        z = unchecked((z ^ (z >> 27)) * 10723151780598845931UL);
        return z ^ (z >> 31);
    }
}

/// <summary>Initial tokens, the latest separators and the local window, as regions of the sequence.</summary>
internal sealed class SepLlmReference(int sinks, double separators, double slack, HashSet<int> ids) : IPolicyReference
{
    private readonly List<int> _held = [];

    public void Observe(PolicyView view) => _held.AddRange(Enumerable.Range(view.Length - view.NewTokens, view.NewTokens));

    public IReadOnlyList<RowDecision> Decide(PolicyView view)
    {
        int most = Math.Min((int)Math.Floor(separators * view.Slots), view.Slots - sinks - 1);
        int local = Math.Max(1, view.Slots - sinks - most - (int)Math.Floor(slack * view.Slots));
        int windowStart = Math.Max(Math.Min(sinks, _held.Count), _held.Count - local);
        int[] middle = [.. Enumerable.Range(0, _held.Count).Where(i => i >= sinks && i < windowStart && ids.Contains(view.Tokens[_held[i]])).TakeLast(most)];
        int[] kept = [.. Enumerable.Range(0, Math.Min(sinks, _held.Count)), .. middle, .. Enumerable.Range(windowStart, _held.Count - windowStart)];
        int[] positions = [.. kept.Select(i => _held[i])];
        _held.Clear();
        _held.AddRange(positions);
        return [.. view.Rows.Select(_ => new RowDecision(kept))];
    }
}
