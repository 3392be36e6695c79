using System;
using System.Buffers;
using System.Collections.Generic;
using System.Text;

namespace Winnow.Formats.Tokenizers.Models;

/// <summary>Greedy longest match within a word (BERT); a word that cannot be spelled becomes one unknown token.</summary>
internal sealed class WordPieceModel : TokenModel
{
    private readonly Vocabulary _vocabulary;
    private readonly byte[] _firstPrefix;
    private readonly byte[] _nextPrefix;
    private readonly int _unknownId;
    private readonly int _longestWord;
    private readonly int _longestToken;

    /// <summary>Creates the model.</summary>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="firstPrefix">What tokens at the start of a word begin with: nothing, or U+2581 in GGUF.</param>
    /// <param name="nextPrefix">What tokens inside a word begin with: ##, or nothing in GGUF.</param>
    /// <param name="unknownId">The token for a word that cannot be spelled.</param>
    /// <param name="longestWord">Words of more characters are unknown.</param>
    public WordPieceModel(Vocabulary vocabulary, string firstPrefix, string nextPrefix, int unknownId, int longestWord)
    {
        _vocabulary = vocabulary;
        _firstPrefix = Encoding.UTF8.GetBytes(firstPrefix);
        _nextPrefix = Encoding.UTF8.GetBytes(nextPrefix);
        _unknownId = unknownId;
        _longestWord = longestWord;
        for (int id = 0; id < vocabulary.Size; id++)
        {
            _longestToken = Math.Max(_longestToken, vocabulary.Bytes(id).Length);
        }
    }

    public override void Encode(ReadOnlySpan<char> piece, List<int> ids)
    {
        int from = ids.Count;
        byte[] bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(piece.Length));
        byte[] candidate = ArrayPool<byte>.Shared.Rent(_longestToken + _firstPrefix.Length + _nextPrefix.Length + 1);
        try
        {
            int length = Encoding.UTF8.GetBytes(piece, bytes);
            if (CountScalars(piece) > _longestWord || !TrySpell(bytes.AsSpan(0, length), candidate, ids))
            {
                ids.RemoveRange(from, ids.Count - from);
                ids.Add(_unknownId);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
            ArrayPool<byte>.Shared.Return(candidate);
        }
    }

    private bool TrySpell(ReadOnlySpan<byte> word, Span<byte> candidate, List<int> ids)
    {
        for (int start = 0; start < word.Length;)
        {
            byte[] prefix = start == 0 ? _firstPrefix : _nextPrefix;
            int length = Math.Min(word.Length - start, _longestToken - prefix.Length);
            if (length <= 0)
            {
                return false;
            }

            prefix.CopyTo(candidate);
            word.Slice(start, length).CopyTo(candidate[prefix.Length..]);
            int id = -1;
            while (length > 0 && !_vocabulary.TryGetPlainId(candidate[..(prefix.Length + length)], out id))
            {
                length--;
            }

            if (length == 0)
            {
                return false;
            }

            ids.Add(id);
            start += length;
        }

        return true;
    }

    private static int CountScalars(ReadOnlySpan<char> text)
    {
        int count = 0;
        foreach (char unit in text)
        {
            count += char.IsLowSurrogate(unit) ? 0 : 1;
        }

        return count;
    }
}
