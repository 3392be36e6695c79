using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Threading;

namespace Winnow.Formats.Tokenizers.Models;

/// <summary>Remembers the ids of short words. It stops growing when full: the first words of a text are the frequent ones.</summary>
internal sealed class WordCache
{
    private const int LongestWord = 64;
    private const int Capacity = 1 << 16;

    private readonly ConcurrentDictionary<string, int[]> _words;
    private readonly ConcurrentDictionary<string, int[]>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private int _count;

    public WordCache()
    {
        _words = new ConcurrentDictionary<string, int[]>(StringComparer.Ordinal);
        _lookup = _words.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public bool TryAppend(ReadOnlySpan<char> word, List<int> ids)
    {
        if (word.Length > LongestWord || !_lookup.TryGetValue(word, out int[]? known))
        {
            return false;
        }

        ids.AddRange(known);
        return true;
    }

    public void Remember(ReadOnlySpan<char> word, List<int> ids, int from)
    {
        if (word.Length <= LongestWord && Volatile.Read(ref _count) < Capacity)
        {
            if (_words.TryAdd(word.ToString(), ids.GetRange(from, ids.Count - from).ToArray()))
            {
                Interlocked.Increment(ref _count);
            }
        }
    }
}
