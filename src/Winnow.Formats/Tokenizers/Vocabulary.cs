using System;
using System.Collections.Generic;
using System.Text;

namespace Winnow.Formats.Tokenizers;

/// <summary>What a token is for; the numbers are those of GGUF's <c>tokenizer.ggml.token_type</c>.</summary>
internal enum TokenKind : byte
{
    /// <summary>No token has this id.</summary>
    Absent = 0,

    /// <summary>Ordinary text.</summary>
    Normal = 1,

    /// <summary>Stands for text that the vocabulary does not hold.</summary>
    Unknown = 2,

    /// <summary>Steers the model; never produced from plain text.</summary>
    Control = 3,

    /// <summary>Text that is cut out whole before the model sees the rest.</summary>
    UserDefined = 4,

    /// <summary>Reserved.</summary>
    Unused = 5,

    /// <summary>One byte, spelled <c>&lt;0xAB&gt;</c>.</summary>
    Byte = 6,
}

/// <summary>The tokens by id and by bytes; bytes, because tokens need not be valid UTF-8.</summary>
internal sealed class Vocabulary
{
    private readonly byte[]?[] _tokens;
    private readonly string?[] _texts;
    private readonly TokenKind[] _kinds;
    private readonly Dictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> _model;
    private readonly Dictionary<byte[], int> _added;

    public Vocabulary(byte[]?[] tokens, TokenKind[] kinds, Dictionary<byte[], int> model, Dictionary<byte[], int> added)
    {
        _tokens = tokens;
        _kinds = kinds;
        _texts = new string?[tokens.Length];
        _model = model.GetAlternateLookup<ReadOnlySpan<byte>>();
        _added = added;
    }

    /// <summary>The largest id plus one; ids below may be holes.</summary>
    public int Size => _tokens.Length;

    public TokenKind Kind(int id) => _kinds[id];

    /// <summary>The token as the file spells it; empty for a hole.</summary>
    public byte[] Bytes(int id) => _tokens[id] ?? [];

    /// <summary>The token as the file spells it; bytes that are not UTF-8 become U+FFFD.</summary>
    public string Text(int id) => _texts[id] ??= Encoding.UTF8.GetString(Bytes(id));

    /// <summary>Any token, control tokens too.</summary>
    public bool TryGetId(string token, out int id)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(token);
        return _model.TryGetValue(bytes, out id) || _added.TryGetValue(bytes, out id);
    }

    /// <summary>A token that the model may produce from plain text: no control, unused, unknown or byte token.</summary>
    public bool TryGetPlainId(ReadOnlySpan<byte> token, out int id)
    {
        return _model.TryGetValue(token, out id) && _kinds[id] is TokenKind.Normal or TokenKind.UserDefined;
    }

    /// <summary>A token of the model's own vocabulary, whatever it is for.</summary>
    public bool TryGetModelId(ReadOnlySpan<char> token, out int id)
    {
        Span<byte> space = stackalloc byte[256];
        return Encoding.UTF8.TryGetBytes(token, space, out int length)
            ? _model.TryGetValue(space[..length], out id) : _model.TryGetValue(Encoding.UTF8.GetBytes(token.ToString()), out id);
    }

    /// <summary>The ids of the 256 byte tokens, or null where one of them is missing.</summary>
    public int[]? ByteTokens()
    {
        int[] ids = new int[256];
        for (int value = 0; value < 256; value++)
        {
            if (!_model.TryGetValue(Encoding.ASCII.GetBytes($"<0x{value:X2}>"), out ids[value]))
            {
                return null;
            }
        }

        return ids;
    }
}
