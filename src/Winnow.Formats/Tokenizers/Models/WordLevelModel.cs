using System;
using System.Buffers;
using System.Collections.Generic;
using System.Text;

namespace Winnow.Formats.Tokenizers.Models;

/// <summary>A word is a token, or unknown.</summary>
internal sealed class WordLevelModel : TokenModel
{
    private readonly Vocabulary _vocabulary;
    private readonly int _unknownId;

    public WordLevelModel(Vocabulary vocabulary, int unknownId)
    {
        _vocabulary = vocabulary;
        _unknownId = unknownId;
    }

    public override void Encode(ReadOnlySpan<char> piece, List<int> ids)
    {
        byte[] bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(piece.Length));
        int length = Encoding.UTF8.GetBytes(piece, bytes);
        ids.Add(_vocabulary.TryGetPlainId(bytes.AsSpan(0, length), out int id) ? id : _unknownId);
        ArrayPool<byte>.Shared.Return(bytes);
    }
}
