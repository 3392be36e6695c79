using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Winnow.Kernels.Cache;

namespace Winnow.Kernels.Attention;

/// <summary>Which of a block's 32 slots the queries of a tile see, by the true positions of both.</summary>
internal unsafe struct SlotVisibility
{
    private readonly int* _positions;
    private readonly int _window;
    private readonly int _sinks;
    private readonly int _share;
    private readonly AttentionReach _reach;
    private readonly bool _bidirectional;
    private readonly bool _tree;
    private int _slots;
    private int _firstOwn;
    private int _ownBase;
    private int* _list;
    private int _least;
    private int _greatest;

    /// <param name="problem">The call.</param>
    /// <param name="positions">Room for a block's positions.</param>
    public SlotVisibility(in AttentionProblem problem, int* positions)
        : this()
    {
        _positions = positions;
        _window = problem.Window;
        _sinks = problem.Sinks;
        _share = problem.WindowShare;
        _reach = problem.Reach switch
        {
            AttentionReach.GrowingNear => AttentionReach.SinksAndWindow,
            AttentionReach.GrowingDistant => AttentionReach.Distant,
            AttentionReach reach => reach,
        };
        _bidirectional = problem.Bidirectional;
        _tree = problem.AncestorMask != null;
    }

    /// <summary>Takes up the next block.</summary>
    /// <param name="problem">The call.</param>
    /// <param name="head">What is read.</param>
    /// <param name="entry">The block's first entry.</param>
    /// <param name="slots">How many entries it has, up to 32.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Load(in AttentionProblem problem, in HeadSlots head, int entry, int slots)
    {
        _slots = slots;
        if (head.List == null)
        {
            _list = null;
            _ownBase = head.FirstOwn - entry;
            _firstOwn = Math.Clamp(_ownBase, 0, slots);
            for (int j = 0; j < slots; j += PagedKv.PageSlots)
            {
                int* from = problem.SlotPositions + head.At(head.Pages, entry + j);
                new ReadOnlySpan<int>(from, Math.Min(slots - j, PagedKv.PageSlots)).CopyTo(new Span<int>(_positions + j, PagedKv.PageSlots));
            }
        }
        else
        {
            _list = head.List + entry;
            _ownBase = head.FirstOwn;
            _firstOwn = 0;
            for (int j = 0; j < slots; j++)
            {
                _positions[j] = problem.SlotPositions[head.At(head.Pages, entry + j)];
                _firstOwn += _list[j] < _ownBase ? 1 : 0;
            }
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
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly bool HidesAll(int leastQuery, int greatestQuery)
    {
        bool later = !_bidirectional && !HasTree && _least > greatestQuery;
        return later || _reach switch
        {
            AttentionReach.All => false,
            AttentionReach.Distant => _greatest < _sinks || _least > Edge(greatestQuery),
            _ => _greatest <= Edge(leastQuery) && (_reach == AttentionReach.Window || _least >= _sinks),
        };
    }

    /// <summary>True if all 32 slots are there and every query at these positions sees them all.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly bool ShowsAll(int leastQuery, int greatestQuery) =>
        _slots == AttentionScratch.BlockSlots && !HasTree
        && (_bidirectional || _greatest <= leastQuery)
        && _reach switch
        {
            AttentionReach.All => true,
            AttentionReach.Distant => _least >= _sinks && _greatest <= Edge(leastQuery),
            _ => _least > Edge(greatestQuery) || (_reach == AttentionReach.SinksAndWindow && _greatest < _sinks),
        };

    /// <summary>Bit j tells whether the query sees slot j.</summary>
    /// <param name="query">The query's position.</param>
    /// <param name="ancestors">Its row of the ancestor mask, if there is one.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly uint Bits(int query, uint* ancestors)
    {
        uint there = uint.MaxValue >> (AttentionScratch.BlockSlots - _slots);
        uint causal = _bidirectional ? there : AtMost(query) & there;
        if (HasTree)
        {
            causal &= (uint)((1UL << _firstOwn) - 1);
            for (int j = _firstOwn; j < _slots; j++)
            {
                int own = (_list == null ? j : _list[j]) - _ownBase;
                causal |= ((ancestors[own / 32] >> (own % 32)) & 1) << j;
            }
        }

        return _reach switch
        {
            AttentionReach.All => causal,
            AttentionReach.Window => causal & ~AtMost(Edge(query)),
            AttentionReach.SinksAndWindow => causal & (~AtMost(Edge(query)) | AtMost(_sinks - 1)),
            _ => causal & AtMost(Edge(query)) & ~AtMost(_sinks - 1),
        };
    }

    private readonly bool HasTree => _tree && _firstOwn < _slots;

    // The last position before a query's window. It never falls from one position to the next, for a window never grows by more than the position.
    private readonly int Edge(int query) => query - Math.Max(_window, (int)((((long)_share * (query + 1L)) + (1 << 29)) >> 30) - _sinks);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
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
