using System;

namespace Winnow.Kernels.Reduction;

/// <summary>Selection in one row by radix: four passes, a byte of the key each, find the key of the last entry taken.</summary>
internal readonly unsafe struct SelectWork : IRowWork
{
    private const int Bins = 256;

    public required SelectProblem Problem { get; init; }

    public required int* Selected { get; init; }

    public required int* Counts { get; init; }

    public required float* Scores { get; init; }

    public required int* Wanted { get; init; }

    /// <summary>Null where all entries exist.</summary>
    public required int* Lengths { get; init; }

    /// <summary>Null where none is protected.</summary>
    public required byte* Guarded { get; init; }

    /// <inheritdoc/>
    public void Execute(int row)
    {
        int length = Lengths == null ? Problem.Entries : Math.Clamp(Lengths[row], 0, Problem.Entries);
        var scores = new ReadOnlySpan<float>(Scores + ((long)row * Problem.Entries), length);
        var open = new OpenEntries(Guarded == null ? [] : new ReadOnlySpan<byte>(Guarded + ((long)row * Problem.Entries), length), Problem.First, length - Problem.Last);
        int guards = length - open.Count(length);
        int rest = Math.Min(Wanted[row * Problem.WantedStride], length) - guards;
        (uint last, int ties) = rest > 0 ? Threshold(scores, open, rest) : (uint.MaxValue, 0);
        var selected = new Span<int>(Selected + ((long)row * Problem.Capacity), Problem.Capacity);
        int count = 0;
        for (int i = 0; i < length; i++)
        {
            bool taken = !open[i];
            if (!taken)
            {
                uint key = OrderedKey.Of(scores[i]);
                taken = key > last || (key == last && ties-- > 0);
            }

            if (taken && count++ < selected.Length)
            {
                selected[count - 1] = i;
            }
        }

        Counts[row] = count;
    }

    private static (uint Last, int Ties) Threshold(ReadOnlySpan<float> scores, OpenEntries open, int left)
    {
        Span<int> bins = stackalloc int[Bins];
        uint prefix = 0, mask = 0;
        for (int shift = 24; shift >= 0; shift -= 8)
        {
            bins.Clear();
            for (int i = 0; i < scores.Length; i++)
            {
                uint key = OrderedKey.Of(scores[i]);
                bool counts = open[i] && (key & mask) == prefix;
                bins[(int)(key >> shift) & (Bins - 1)] += counts ? 1 : 0;
            }

            int digit = Bins - 1;
            for (; bins[digit] < left; digit--)
            {
                left -= bins[digit];
            }

            prefix |= (uint)digit << shift;
            mask |= (uint)(Bins - 1) << shift;
        }

        return (prefix, left);
    }

    // Which entries are not protected.
    private readonly ref struct OpenEntries(ReadOnlySpan<byte> guarded, int first, int end)
    {
        private readonly ReadOnlySpan<byte> _guarded = guarded;

        public bool this[int i] => i >= first && i < end && (_guarded.IsEmpty || _guarded[i] == 0);

        public int Count(int length)
        {
            int count = 0;
            for (int i = 0; i < length; i++)
            {
                count += this[i] ? 1 : 0;
            }

            return count;
        }
    }
}
