using System;
using System.Buffers;
using System.Collections.Generic;

namespace Winnow.Formats.Tokenizers.Models;

/// <summary>Joins neighbouring symbols, best rank first and leftmost on ties, until no pair is left to join.</summary>
/// <remarks>A heap holds the candidate pairs, so n symbols cost O(n log n) (Zouhar et al. 2023, arXiv:2306.16837, section 4).</remarks>
internal abstract class SymbolMerger
{
    /// <summary>A stretch of the text's bytes; -1 as id where the vocabulary lacks it.</summary>
    public struct Symbol
    {
        public int Start;
        public int Length;
        public int Id;
        public int Previous;
        public int Next;
    }

    /// <summary>Whether the two neighbours join, with which rank (smaller first) and into which id.</summary>
    protected abstract bool TryJoin(ReadOnlySpan<byte> text, in Symbol left, in Symbol right, out uint rank, out int id);

    /// <summary>Merges in place; the first symbol stays first, and the survivors are chained by <c>Next</c> (-1 ends).</summary>
    public void Merge(ReadOnlySpan<byte> text, Span<Symbol> symbols)
    {
        var queue = new PriorityQueue<int, ulong>();
        for (int index = 0; index < symbols.Length; index++)
        {
            symbols[index].Previous = index - 1;
            symbols[index].Next = index + 1 < symbols.Length ? index + 1 : -1;
        }

        for (int index = 0; index + 1 < symbols.Length; index++)
        {
            Offer(text, symbols, index, queue);
        }

        while (queue.TryDequeue(out int expected, out ulong priority))
        {
            // An entry outlives its pair: it counts only while the same left symbol still joins into the same token.
            int left = (int)(uint)priority;
            int right = symbols[left].Length == 0 ? -1 : symbols[left].Next;
            if (right < 0 || !TryJoin(text, symbols[left], symbols[right], out uint rank, out int id)
                || id != expected || rank != (uint)(priority >> 32))
            {
                continue;
            }

            Join(symbols, left, right, id);
            Offer(text, symbols, left, queue);
            if (symbols[left].Previous >= 0)
            {
                Offer(text, symbols, symbols[left].Previous, queue);
            }
        }
    }

    /// <summary>Borrows space for <paramref name="count"/> symbols; give it back with <see cref="Return"/>.</summary>
    public static Symbol[] Rent(int count) => ArrayPool<Symbol>.Shared.Rent(count);

    public static void Return(Symbol[] symbols) => ArrayPool<Symbol>.Shared.Return(symbols);

    private static void Join(Span<Symbol> symbols, int left, int right, int id)
    {
        symbols[left].Length += symbols[right].Length;
        symbols[left].Id = id;
        symbols[left].Next = symbols[right].Next;
        symbols[right].Length = 0;
        if (symbols[left].Next >= 0)
        {
            symbols[symbols[left].Next].Previous = left;
        }
    }

    private void Offer(ReadOnlySpan<byte> text, Span<Symbol> symbols, int left, PriorityQueue<int, ulong> queue)
    {
        int right = symbols[left].Next;
        if (right >= 0 && TryJoin(text, symbols[left], symbols[right], out uint rank, out int id))
        {
            queue.Enqueue(id, ((ulong)rank << 32) | (uint)left);
        }
    }
}
