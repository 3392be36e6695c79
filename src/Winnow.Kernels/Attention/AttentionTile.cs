using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using Winnow.Kernels.Cache;

namespace Winnow.Kernels.Attention;

/// <summary>
/// Some consecutive tokens of one sequence with all query heads of one KV head: its rows share every key and value that is read.
/// Row r is token r / group, head r % group. What is called for every block is compiled at full strength at once, as <see cref="AttentionKernel{TSimd, TVector}"/> is.
/// </summary>
internal unsafe struct AttentionTile<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    /// <summary>
    /// Slots of a split. Each split is summed from nothing and the splits are then merged in order, so that splits may be worked on at
    /// the same time and the result is the same whether they were or not.
    /// </summary>
    public const int SplitSlots = 512;

    private const int Slots = AttentionScratch.BlockSlots;

    private readonly AttentionProblem* _problem;
    private readonly AttentionScratch _scratch;
    private readonly int _firstToken;
    private readonly int _kvHead;
    private readonly HeadSlots _head;
    private readonly int _leastQuery;
    private readonly int _greatestQuery;
    private SlotVisibility _visibility;

    public AttentionTile(AttentionProblem* problem, AttentionScratch scratch, int sequence, int kvHead, int tile)
    {
        _problem = problem;
        _scratch = scratch;
        _kvHead = kvHead;
        int start = problem->Starts[sequence];
        int end = problem->Starts[sequence + 1];
        _firstToken = start + (tile * problem->TileTokens);
        Rows = Math.Min(problem->TileTokens, end - _firstToken) * problem->Group;
        _head = new HeadSlots(*problem, sequence, kvHead);
        (_leastQuery, _greatestQuery) = Range(0, Rows);
        _visibility = new SlotVisibility(*problem, scratch.Positions);
    }

    /// <summary>How many rows it has.</summary>
    public int Rows { get; }

    /// <summary>How many splits its slots make.</summary>
    public readonly int Splits => (_head.Count + SplitSlots - 1) / SplitSlots;

    /// <summary>Sums one split into the scratch's Current.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Sum(int split)
    {
        Clear(_scratch.Current, _scratch.CurrentState);
        int end = Math.Min(_head.Count, (split + 1) * SplitSlots);
        for (int entry = split * SplitSlots; entry < end; entry += Slots)
        {
            int slots = Math.Min(Slots, end - entry);
            _visibility.Load(*_problem, _head, entry, slots);
            if (!_visibility.HidesAll(_leastQuery, _greatestQuery))
            {
                SumBlock(entry, slots, end);
            }
        }
    }

    /// <summary>Forgets what was merged.</summary>
    public readonly void Reset() => Clear(_scratch.Merged, _scratch.MergedState);

    /// <summary>Merges a split's sums, those of the scratch or kept ones.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Merge(float* states, float* sums)
    {
        int headDim = _problem->HeadDim;
        for (int row = 0; row < Rows; row++)
        {
            AttentionKernel<TSimd, TVector>.Merge(
                _scratch.MergedState + (2 * row), _scratch.Merged + ((nint)row * headDim), states + (2 * row), sums + ((nint)row * headDim), headDim);
        }
    }

    /// <summary>Writes the merged result.</summary>
    public readonly void Finish() => Finish(_scratch.MergedState, _scratch.Merged);

    /// <summary>Writes a result.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Finish(float* states, float* sums)
    {
        int headDim = _problem->HeadDim;
        for (int row = 0; row < Rows; row++)
        {
            float sum = states[(2 * row) + 1];
            float factor = sum == 0 ? 0f : 1f / sum;
            float* from = sums + ((nint)row * headDim);
            float* to = _problem->Output + ((nint)RowHead(row) * headDim);
            for (int c = 0; c < headDim; c++)
            {
                // Adding zero turns -0 into 0: which of the two a sum of nothing gives may depend on slots that are not seen.
                to[c] = (from[c] * factor) + 0f;
            }

            if (_problem->LogSumExp != null)
            {
                _problem->LogSumExp[RowHead(row)] = sum == 0 ? float.NegativeInfinity : states[2 * row] + MathF.Log(sum);
            }
        }
    }

    // All rows meet the keys first and the values afterwards, so that each of the two stays in the nearest cache while it is used.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void SumBlock(int entry, int slots, int end)
    {
        KeyBlock.Load(*_problem, _scratch, _head, entry, slots, end);
        for (int row = 0; row < Rows; row += 4)
        {
            int rows = Math.Min(4, Rows - row);
            (int least, int greatest) = Range(row, rows);
            if (_visibility.HidesAll(least, greatest))
            {
                _scratch.Seen[row / 4] = 0;
                continue;
            }

            Score(row, rows);
            _scratch.Seen[row / 4] = Weigh(row, rows, _visibility.ShowsAll(least, greatest));
        }

        float* first = LoadValues(entry, slots, 0);
        float* second = LoadValues(entry, slots, 1);
        for (int row = 0; row < Rows; row += 4)
        {
            if (_scratch.Seen[row / 4] != 0)
            {
                AddPages(row, Math.Min(4, Rows - row), _scratch.Seen[row / 4], first, second);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Score(int row, int rows)
    {
        int headDim = _problem->HeadDim;
        float* scores = _scratch.Scores + (row * Slots);
        if (rows == 1)
        {
            AttentionKernel<TSimd, TVector>.ScoresOfOne(scores, Query(row), _scratch.KeysTransposed, headDim);
            return;
        }

        // Two or three take hardly less time than four: the last one is repeated, and there is room for its scores.
        AttentionKernel<TSimd, TVector>.ScoresOfFour(
            scores,
            Query(row),
            Query(row + 1),
            Query(row + Math.Min(2, rows - 1)),
            Query(row + Math.Min(3, rows - 1)),
            _scratch.KeysTransposed,
            headDim);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void AddPages(int row, int rows, uint seen, float* firstPage, float* secondPage)
    {
        // Slots before the first and after the last one that some row sees are left out: they would add exact zeros.
        int first = BitOperations.TrailingZeroCount(seen);
        int end = Slots - BitOperations.LeadingZeroCount(seen);
        if (first < PagedKv.PageSlots)
        {
            Add(row, rows, first, Math.Min(end, PagedKv.PageSlots), firstPage);
            new Span<float>(_scratch.Factors + row, rows).Fill(1f);
        }

        if (end > PagedKv.PageSlots)
        {
            Add(row, rows, Math.Max(first, PagedKv.PageSlots), end, secondPage - ((nint)PagedKv.PageSlots * _problem->HeadDim));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Add(int row, int rows, int first, int end, float* values)
    {
        int headDim = _problem->HeadDim;
        float* sums = _scratch.Current + ((nint)row * headDim);
        float* weights = _scratch.Scores + (row * Slots) + first;
        float* factors = _scratch.Factors + row;
        values += (nint)first * headDim;
        if (rows == 4)
        {
            AttentionKernel<TSimd, TVector>.AddFour(sums, factors, weights, values, end - first, headDim);
            return;
        }

        int done = 0;
        if (rows >= 2)
        {
            AttentionKernel<TSimd, TVector>.AddTwo(sums, factors, weights, values, end - first, headDim);
            done = 2;
        }

        for (int i = done; i < rows; i++)
        {
            AttentionKernel<TSimd, TVector>.AddOne(sums + (i * headDim), factors[i], weights + (i * Slots), values, end - first, headDim);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly uint Weigh(int row, int rows, bool all)
    {
        uint seen = 0;
        for (int i = 0; i < rows; i++)
        {
            float* scores = _scratch.Scores + ((row + i) * Slots);
            AttentionKernel<TSimd, TVector>.ScaleAndCap(scores, _problem->Scale, _problem->SoftCap);
            uint bits = all ? uint.MaxValue : VisibleTo(row + i);
            for (uint hidden = ~bits; hidden != 0; hidden &= hidden - 1)
            {
                scores[BitOperations.TrailingZeroCount(hidden)] = float.NegativeInfinity;
            }

            _scratch.Factors[row + i] = AttentionKernel<TSimd, TVector>.Softmax(scores, _scratch.CurrentState + (2 * (row + i)));
            seen |= bits;
        }

        return seen;
    }

    private readonly uint VisibleTo(int row)
    {
        int token = row / _problem->Group;
        uint* ancestors = _problem->AncestorMask + ((nint)(_firstToken + token) * _problem->MaskWords);
        return _visibility.Bits(_problem->Positions[_firstToken + token], ancestors);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly float* LoadValues(int entry, int slots, int page)
    {
        int before = page * PagedKv.PageSlots;
        if (slots <= before)
        {
            return null;
        }

        int headDim = _problem->HeadDim;
        int count = Math.Min(slots - before, PagedKv.PageSlots);
        float* floats = _scratch.Values + (before * headDim);
        if (_head.List != null)
        {
            KeyBlock.Gather(*_problem, floats, _problem->Values, _head, _head.ValuePages, entry + before, count);
            return floats;
        }

        byte* values = _problem->Values + (_head.At(_head.ValuePages, entry + before) * _problem->SlotBytes);
        if (_problem->Type == DType.F32)
        {
            return (float*)values;
        }

        FloatConversion.Widen(_problem->Type, values, floats, count * headDim);
        return floats;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly (int Least, int Greatest) Range(int row, int rows)
    {
        int* positions = _problem->Positions + _firstToken;
        (int least, int greatest) = (int.MaxValue, int.MinValue);
        for (int token = row / _problem->Group; token <= (row + rows - 1) / _problem->Group; token++)
        {
            least = Math.Min(least, positions[token]);
            greatest = Math.Max(greatest, positions[token]);
        }

        return (least, greatest);
    }

    private readonly int RowHead(int row) =>
        ((_firstToken + (row / _problem->Group)) * _problem->Heads) + (_kvHead * _problem->Group) + (row % _problem->Group);

    private readonly float* Query(int row) => _problem->Queries + ((nint)RowHead(row) * _problem->HeadDim);

    private readonly void Clear(float* sums, float* states)
    {
        new Span<float>(sums, Rows * _problem->HeadDim).Clear();
        for (int row = 0; row < Rows; row++)
        {
            states[2 * row] = float.NegativeInfinity;
            states[(2 * row) + 1] = 0f;
        }
    }
}
