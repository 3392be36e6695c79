using System;
using System.Collections.Generic;
using Winnow.Engine;

namespace Winnow.Tests.Engine;

/// <summary>A pool of pages that is only counted, with the rules of the real one: a page holds 16 tokens and belongs to one sequence.</summary>
internal sealed class CountingPool(int pages) : IPagePool
{
    public const int PageTokens = 16;

    private readonly Dictionary<ScheduledSequence, int> _held = [];

    public int TotalPages { get; } = pages;

    public int FreePages { get; private set; } = pages;

    public static int PagesFor(int tokens) => (tokens + PageTokens - 1) / PageTokens;

    public int HeldBy(ScheduledSequence sequence) => _held.GetValueOrDefault(sequence);

    public int PagesNeeded(ScheduledSequence sequence, int tokens) =>
        Math.Max(0, PagesFor(sequence.Cached + tokens) - HeldBy(sequence));

    public bool TryReserve(ScheduledSequence sequence, int tokens)
    {
        int needed = PagesNeeded(sequence, tokens);
        if (needed > FreePages)
        {
            return false;
        }

        FreePages -= needed;
        _held[sequence] = HeldBy(sequence) + needed;
        return true;
    }

    public bool HasPlaceFor(ScheduledSequence sequence, int tokens) => true;

    public bool Holds(ScheduledSequence sequence) => HeldBy(sequence) > 0;

    public int Release(ScheduledSequence sequence, bool returns)
    {
        FreePages += HeldBy(sequence);
        _held.Remove(sequence);
        return 0;
    }
}
