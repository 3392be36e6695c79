using System;
using System.Buffers;
using System.Collections.Generic;
using System.Text;

namespace Winnow.Formats.Tokenizers.Models;

/// <summary>Byte-pair encoding by ranked merges (Sennrich et al. 2016, arXiv:1508.07909), over characters.</summary>
/// <remarks>Byte-level vocabularies reach this model as characters of the byte alphabet, one for each byte.</remarks>
internal sealed class BpeModel : TokenModel
{
    private const int MaximumAffixedBytes = 1024;

    private readonly Vocabulary _vocabulary;
    private readonly MergeTable _merges;
    private readonly BpeOptions _options;
    private readonly int[]? _byteTokens;
    private readonly byte[] _prefix;
    private readonly byte[] _suffix;
    private readonly WordCache _cache = new();

    public BpeModel(Vocabulary vocabulary, MergeTable merges, BpeOptions options)
    {
        _vocabulary = vocabulary;
        _merges = merges;
        _options = options;
        _byteTokens = options.ByteFallback ? vocabulary.ByteTokens() : null;
        _prefix = Encoding.UTF8.GetBytes(options.Prefix);
        _suffix = Encoding.UTF8.GetBytes(options.Suffix);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_prefix.Length + _suffix.Length, MaximumAffixedBytes - 4, nameof(options));
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
            Encoding.UTF8.GetBytes(piece, bytes);
            EncodeBytes(bytes.AsSpan(0, length), symbols, ids);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
            SymbolMerger.Return(symbols);
        }

        _cache.Remember(piece, ids, from);
    }

    private void EncodeBytes(ReadOnlySpan<byte> bytes, Span<SymbolMerger.Symbol> symbols, List<int> ids)
    {
        if (_options.IgnoreMerges && _vocabulary.TryGetPlainId(bytes, out int whole))
        {
            ids.Add(whole);
            return;
        }

        int count = SplitCharacters(bytes, symbols);
        if (count == 0)
        {
            return;
        }

        _merges.Merge(bytes, symbols[..count]);
        for (int index = 0; index >= 0; index = symbols[index].Next)
        {
            ids.Add(symbols[index].Id);
        }
    }

    private int SplitCharacters(ReadOnlySpan<byte> bytes, Span<SymbolMerger.Symbol> symbols)
    {
        int count = 0;
        bool afterUnknown = false;
        for (int start = 0; start < bytes.Length;)
        {
            int length = Math.Min(Utf8.ScalarLength(bytes[start]), bytes.Length - start);
            bool last = start + length == bytes.Length;
            if (TryGetCharacter(bytes.Slice(start, length), start == 0, last, out int id))
            {
                afterUnknown = false;
                symbols[count++] = new SymbolMerger.Symbol { Start = start, Length = length, Id = id };
            }
            else if (_byteTokens is not null)
            {
                afterUnknown = false;
                for (int index = 0; index < length; index++)
                {
                    id = _byteTokens[bytes[start + index]];
                    symbols[count++] = new SymbolMerger.Symbol { Start = start + index, Length = 1, Id = id };
                }
            }
            else if (_options.UnknownId is int unknown)
            {
                if (afterUnknown && _options.FuseUnknown)
                {
                    symbols[count - 1].Length += length;
                }
                else
                {
                    symbols[count++] = new SymbolMerger.Symbol { Start = start, Length = length, Id = unknown };
                }

                afterUnknown = true;
            }

            start += length;
        }

        return count;
    }

    private bool TryGetCharacter(ReadOnlySpan<byte> character, bool first, bool last, out int id)
    {
        ReadOnlySpan<byte> prefix = first ? [] : _prefix;
        ReadOnlySpan<byte> suffix = last ? _suffix : [];
        if (prefix.Length + suffix.Length == 0)
        {
            return _vocabulary.TryGetPlainId(character, out id);
        }

        Span<byte> affixed = stackalloc byte[MaximumAffixedBytes];
        prefix.CopyTo(affixed);
        character.CopyTo(affixed[prefix.Length..]);
        suffix.CopyTo(affixed[(prefix.Length + character.Length)..]);
        return _vocabulary.TryGetPlainId(affixed[..(prefix.Length + character.Length + suffix.Length)], out id);
    }
}
