using System;
using System.Numerics;

namespace Winnow.Simulator.Profiling;

/// <summary>The time of a unit in slots of some clocks, each of which is given away once: who comes gets the first that is left.</summary>
/// <param name="clocks">Clocks of a slot.</param>
internal sealed class SlotCalendar(int clocks)
{
    private const int WordBits = 64;
    private const int FirstWords = 64;

    // A bit a slot that is given away, and a bit for each word of those that is full.
    private ulong[] _taken = new ulong[FirstWords];
    private ulong[] _full = new ulong[1];
    private int _used;

    /// <summary>Takes slots.</summary>
    /// <param name="from">The clock from which on they are wanted.</param>
    /// <param name="count">How many; not 0. They need not follow one another.</param>
    /// <returns>The clocks after <paramref name="from"/> at which the last of them begins.</returns>
    public long Take(long from, int count)
    {
        long slot = (from + clocks - 1) / clocks;
        for (; count > 0; count--)
        {
            slot = NextFree(slot);
            int word = (int)(slot / WordBits);
            _taken[word] |= 1UL << (int)(slot % WordBits);
            if (_taken[word] == ulong.MaxValue)
            {
                _full[word / WordBits] |= 1UL << (word % WordBits);
            }

            _used = Math.Max(_used, word + 1);
        }

        return (slot * clocks) - from;
    }

    /// <summary>Gives all slots back.</summary>
    public void Clear()
    {
        Array.Clear(_taken, 0, _used);
        Array.Clear(_full, 0, (_used + WordBits - 1) / WordBits);
        _used = 0;
    }

    private long NextFree(long slot)
    {
        int word = (int)(slot / WordBits);
        ulong free = Word(word) >> (int)(slot % WordBits) << (int)(slot % WordBits);
        if (free == 0)
        {
            word = NextWord(word + 1);
            free = Word(word);
        }

        return ((long)word * WordBits) + BitOperations.TrailingZeroCount(free);
    }

    /// <summary>The slots of a word that are left.</summary>
    private ulong Word(int word)
    {
        if (word >= _taken.Length)
        {
            Array.Resize(ref _taken, Math.Max(2 * _taken.Length, (word + WordBits) / WordBits * WordBits));
            Array.Resize(ref _full, _taken.Length / WordBits);
        }

        return ~_taken[word];
    }

    /// <summary>The first word from one on that is not full.</summary>
    private int NextWord(int word)
    {
        int group = word / WordBits;
        if (group >= _full.Length)
        {
            return word;
        }

        ulong left = ~_full[group] >> (word % WordBits) << (word % WordBits);
        while (left == 0 && ++group < _full.Length)
        {
            left = ~_full[group];
        }

        return (group * WordBits) + (left == 0 ? 0 : BitOperations.TrailingZeroCount(left));
    }
}
