using System;
using System.Buffers;
using System.Collections.Generic;
using System.Text;

namespace Winnow.Formats.Tokenizers.Models;

/// <summary>SentencePiece's BPE: joins the neighbours whose joined text has the highest score, leftmost on ties.</summary>
/// <remarks>Characters that no token holds become their UTF-8 bytes (Kudo and Richardson 2018, arXiv:1808.06226).</remarks>
internal sealed class SentencePieceModel : TokenModel
{
    private readonly Vocabulary _vocabulary;
    private readonly ScoreMerger _merger;
    private readonly int[]? _byteTokens;
    private readonly int? _unknownId;
    private readonly WordCache _cache = new();

    public SentencePieceModel(Vocabulary vocabulary, IReadOnlyList<float> scores, int? unknownId)
    {
        _vocabulary = vocabulary;
        _merger = new ScoreMerger(vocabulary, scores);
        _byteTokens = vocabulary.ByteTokens();
        _unknownId = unknownId;
    }

    public override void Encode(ReadOnlySpan<char> piece, List<int> ids)
    {
        if (_cache.TryAppend(piece, ids))
        {
            return;
        }

        int from = ids.Count;
        int length = Encoding.UTF8.GetByteCount(piece);
        byte[] bytes = ArrayPool<byte>.Shared.Rent(length);
        SymbolMerger.Symbol[] symbols = SymbolMerger.Rent(length);
        try
        {
            ReadOnlySpan<byte> text = bytes.AsSpan(0, Encoding.UTF8.GetBytes(piece, bytes));
            int count = SplitCharacters(text, symbols);
            _merger.Merge(text, symbols.AsSpan(0, count));
            for (int index = count > 0 ? 0 : -1; index >= 0; index = symbols[index].Next)
            {
                Append(text.Slice(symbols[index].Start, symbols[index].Length), symbols[index].Id, ids);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
            SymbolMerger.Return(symbols);
        }

        _cache.Remember(piece, ids, from);
    }

    private int SplitCharacters(ReadOnlySpan<byte> text, Span<SymbolMerger.Symbol> symbols)
    {
        int count = 0;
        for (int start = 0; start < text.Length;)
        {
            int length = Math.Min(Utf8.ScalarLength(text[start]), text.Length - start);
            int id = _vocabulary.TryGetPlainId(text.Slice(start, length), out int known) ? known : -1;
            symbols[count++] = new SymbolMerger.Symbol { Start = start, Length = length, Id = id };
            start += length;
        }

        return count;
    }

    private void Append(ReadOnlySpan<byte> text, int id, List<int> ids)
    {
        if (id >= 0)
        {
            ids.Add(id);
        }
        else if (_byteTokens is not null)
        {
            foreach (byte value in text)
            {
                ids.Add(_byteTokens[value]);
            }
        }
        else if (_unknownId is int unknown)
        {
            ids.Add(unknown);
        }
    }
}
