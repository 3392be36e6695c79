using System;
using System.Collections.Generic;

namespace Winnow.Formats.Tokenizers.Models;

/// <summary>Joins symbols whose joined text is a token, highest score first.</summary>
internal sealed class ScoreMerger : SymbolMerger
{
    private readonly Vocabulary _vocabulary;
    private readonly uint[] _ranks;

    public ScoreMerger(Vocabulary vocabulary, IReadOnlyList<float> scores)
    {
        _vocabulary = vocabulary;
        _ranks = new uint[scores.Count];
        for (int id = 0; id < _ranks.Length; id++)
        {
            _ranks[id] = Rank(scores[id]);
        }
    }

    protected override bool TryJoin(ReadOnlySpan<byte> text, in Symbol left, in Symbol right, out uint rank, out int id)
    {
        bool known = _vocabulary.TryGetPlainId(text.Slice(left.Start, left.Length + right.Length), out id);
        rank = known ? _ranks[id] : 0;
        return known;
    }

    // Orders floats as unsigned numbers, the largest score first; -0 and 0 are equal.
    private static uint Rank(float score)
    {
        int bits = BitConverter.SingleToInt32Bits(score == 0 ? 0f : score);
        uint ascending = bits < 0 ? ~(uint)bits : (uint)bits | 0x80000000u;
        return ~ascending;
    }
}
