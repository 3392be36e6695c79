using System;
using System.Runtime.Intrinsics;
using Winnow.Kernels.Cache;

namespace Winnow.Kernels.Attention;

/// <summary>Which of a block's 32 slots the queries of a tile see, by the true positions of both.</summary>
internal unsafe struct SlotVisibility
{
    private readonly int* _positions;
    private readonly int _window;
    private readonly bool _bidirectional;
    private readonly bool _tree;
    private int _slots;
    private int _firstOwn;
    private int _ownBase;
    private int _least;
    private int _greatest;

    /// <param name="problem">The call.</param>
    /// <param name="positions">Room for a block's positions.</param>
    public SlotVisibility(in AttentionProblem problem, int* positions)
        : this()
    {
        _positions = positions;
        _window = problem.Window;
        _bidirectional = problem.Bidirectional;
        _tree = problem.AncestorMask != null;
    }

    /// <summary>Takes up the next block.</summary>
    /// <param name="problem">The call.</param>
    /// <param name="pages">The block's page ids.</param>
    /// <param name="slots">How many slots it has, up to 32.</param>
    /// <param name="firstOwn">Its first slot that belongs to the step, counted from the block's start; below 0 if earlier.</param>
    public void Load(in AttentionProblem problem, int* pages, int slots, int firstOwn)
    {
        (_slots, _ownBase, _firstOwn) = (slots, firstOwn, Math.Clamp(firstOwn, 0, slots));
        for (int j = 0; j < slots; j += PagedKv.PageSlots)
        {
            int* from = problem.SlotPositions + ((long)pages[j / PagedKv.PageSlots] * PagedKv.PageSlots);
            new ReadOnlySpan<int>(from, Math.Min(slots - j, PagedKv.PageSlots)).CopyTo(new Span<int>(_positions + j, PagedKv.PageSlots));
        }

        // What is missing repeats a slot that is there, so that the least and the greatest position come from whole vectors.
        new Span<int>(_positions + slots, AttentionScratch.BlockSlots - slots).Fill(_positions[0]);
        Vector256<int> least = Vector256.Load(_positions);
        Vector256<int> greatest = least;
        for (int j = 8; j < AttentionScratch.BlockSlots; j += 8)
        {
            least = Vector256.Min(least, Vector256.Load(_positions + j));
            greatest = Vector256.Max(greatest, Vector256.Load(_positions + j));
        }

        Vector128<int> four = Vector128.Min(least.GetLower(), least.GetUpper());
        _least = Math.Min(Math.Min(four[0], four[1]), Math.Min(four[2], four[3]));
        four = Vector128.Max(greatest.GetLower(), greatest.GetUpper());
        _greatest = Math.Max(Math.Max(four[0], four[1]), Math.Max(four[2], four[3]));
    }

    /// <summary>True if no query at these positions can see any slot.</summary>
    public readonly bool HidesAll(int leastQuery, int greatestQuery)
    {
        bool later = !_bidirectional && !HasTree && _least > greatestQuery;
        return later || (_window > 0 && _greatest <= leastQuery - _window);
    }

    /// <summary>True if all 32 slots are there and every query at these positions sees them all.</summary>
    public readonly bool ShowsAll(int leastQuery, int greatestQuery) =>
        _slots == AttentionScratch.BlockSlots && !HasTree
        && (_bidirectional || _greatest <= leastQuery)
        && (_window == 0 || _least > greatestQuery - _window);

    /// <summary>Bit j tells whether the query sees slot j.</summary>
    /// <param name="query">The query's position.</param>
    /// <param name="ancestors">Its row of the ancestor mask, if there is one.</param>
    public readonly uint Bits(int query, uint* ancestors)
    {
        uint there = uint.MaxValue >> (AttentionScratch.BlockSlots - _slots);
        uint causal = _bidirectional ? there : AtMost(query) & there;
        if (HasTree)
        {
            causal &= (uint)((1UL << _firstOwn) - 1);
            for (int j = _firstOwn; j < _slots; j++)
            {
                int own = j - _ownBase;
                causal |= ((ancestors[own / 32] >> (own % 32)) & 1) << j;
            }
        }

        return _window == 0 ? causal : causal & ~AtMost(query - _window);
    }

    private readonly bool HasTree => _tree && _firstOwn < _slots;

    private readonly uint AtMost(int position)
    {
        uint bits = 0;
        Vector256<int> limit = Vector256.Create(position);
        for (int j = 0; j < AttentionScratch.BlockSlots; j += 8)
        {
            bits |= Vector256.LessThanOrEqual(Vector256.Load(_positions + j), limit).ExtractMostSignificantBits() << j;
        }

        return bits;
    }
}
