using System;
using System.Buffers;
using System.Collections.Generic;
using System.Text;

namespace Winnow.Formats.Tokenizers.Models;

/// <summary>The most probable way to write text in tokens, by Viterbi (Kudo 2018, arXiv:1804.10959).</summary>
/// <remarks>A character that no token holds costs the lowest score less 10; such characters in a row become one unknown token.</remarks>
internal sealed class UnigramModel : TokenModel
{
    private const double UnknownPenalty = 10;

    private readonly TokenPrefixIndex _tokens;
    private readonly double[] _scores;
    private readonly int _unknownId;
    private readonly int[]? _byteTokens;
    private readonly double _unknownScore;

    /// <summary>Creates the model.</summary>
    /// <param name="vocabulary">The tokens; only plain ones are found in text.</param>
    /// <param name="scores">The logarithm of each token's probability, by id.</param>
    /// <param name="lowestScore">The score that unknown characters are scored below.</param>
    /// <param name="unknownId">The token for characters that no token holds.</param>
    /// <param name="byteFallback">Whether such characters become byte tokens, where the vocabulary has all 256.</param>
    public UnigramModel(
        Vocabulary vocabulary, IReadOnlyList<double> scores, double lowestScore, int unknownId, bool byteFallback)
    {
        _tokens = new TokenPrefixIndex(vocabulary);
        _unknownId = unknownId;
        _byteTokens = byteFallback ? vocabulary.ByteTokens() : null;
        _scores = new double[vocabulary.Size];
        for (int id = 0; id < scores.Count; id++)
        {
            _scores[id] = vocabulary.Kind(id) == TokenKind.UserDefined ? 0 : scores[id];
        }

        _unknownScore = lowestScore - UnknownPenalty;
    }

    private struct Step
    {
        public double Score;
        public int Start;
        public int Id;
    }

    public override void Encode(ReadOnlySpan<char> piece, List<int> ids)
    {
        byte[] bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(piece.Length));
        int length = Encoding.UTF8.GetBytes(piece, bytes);
        Step[] best = ArrayPool<Step>.Shared.Rent(length + 1);
        try
        {
            FindBest(bytes.AsSpan(0, length), best);
            Emit(bytes.AsSpan(0, length), best, ids);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
            ArrayPool<Step>.Shared.Return(best);
        }
    }

    private void FindBest(ReadOnlySpan<byte> text, Span<Step> best)
    {
        best[..(text.Length + 1)].Fill(new Step { Start = -1 });
        for (int start = 0; start < text.Length;)
        {
            double before = best[start].Score;
            int character = Math.Min(Utf8.ScalarLength(text[start]), text.Length - start);
            bool single = false;
            TokenPrefixIndex.Cursor cursor = _tokens.Start();
            for (int end = start; end < text.Length && _tokens.Advance(ref cursor, text[end]); end++)
            {
                if (_tokens.IdAt(cursor) is int id and >= 0)
                {
                    Offer(ref best[end + 1], before + _scores[id], start, id);
                    single |= end + 1 - start == character;
                }
            }

            if (!single)
            {
                Offer(ref best[start + character], before + _unknownScore, start, _unknownId);
            }

            start += character;
        }
    }

    private static void Offer(ref Step step, double score, int start, int id)
    {
        if (step.Start < 0 || score > step.Score)
        {
            step = new Step { Score = score, Start = start, Id = id };
        }
    }

    private void Emit(ReadOnlySpan<byte> text, Span<Step> best, List<int> ids)
    {
        int from = ids.Count;
        for (int end = text.Length; end > 0;)
        {
            int start = best[end].Start;
            if (best[end].Id != _unknownId)
            {
                ids.Add(best[end].Id);
                end = start;
                continue;
            }

            while (start > 0 && best[start].Id == _unknownId)
            {
                start = best[start].Start;
            }

            EmitUnknown(text[start..end], ids);
            end = start;
        }

        ids.Reverse(from, ids.Count - from);
    }

    // Ids are gathered back to front.
    private void EmitUnknown(ReadOnlySpan<byte> text, List<int> ids)
    {
        if (_byteTokens is null)
        {
            ids.Add(_unknownId);
            return;
        }

        for (int index = text.Length - 1; index >= 0; index--)
        {
            ids.Add(_byteTokens[text[index]]);
        }
    }
}
