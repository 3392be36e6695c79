using System;
using System.Collections.Generic;

namespace Winnow.Formats.Tokenizers.Models;

/// <summary>The learned merges of byte-pair encoding: a pair of ids, its rank and the id that it becomes.</summary>
internal sealed class MergeTable : SymbolMerger
{
    private readonly Dictionary<ulong, (uint Rank, int Id)> _merges = [];

    /// <summary>Adds the merge of two tokens; false where one of the three tokens is not in the vocabulary.</summary>
    /// <param name="vocabulary">Where the ids come from.</param>
    /// <param name="left">The left token as spelled in the vocabulary.</param>
    /// <param name="right">The right token as spelled in the vocabulary.</param>
    /// <param name="rank">The merge's place in the list; a pair listed twice keeps the last place, as published readers do.</param>
    /// <param name="prefixLength">Characters of the right token that the joined token leaves out.</param>
    public bool TryAdd(Vocabulary vocabulary, ReadOnlySpan<char> left, ReadOnlySpan<char> right, int rank, int prefixLength)
    {
        string joined = string.Concat(left, right[Math.Min(prefixLength, right.Length)..]);
        if (!vocabulary.TryGetModelId(left, out int leftId) || !vocabulary.TryGetModelId(right, out int rightId)
            || !vocabulary.TryGetModelId(joined, out int id))
        {
            return false;
        }

        _merges[Key(leftId, rightId)] = ((uint)rank, id);
        return true;
    }

    protected override bool TryJoin(ReadOnlySpan<byte> text, in Symbol left, in Symbol right, out uint rank, out int id)
    {
        bool known = _merges.TryGetValue(Key(left.Id, right.Id), out (uint Rank, int Id) merge);
        rank = merge.Rank;
        id = merge.Id;
        return known;
    }

    private static ulong Key(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;
}
