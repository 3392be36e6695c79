using System;
using System.Collections.Generic;
using System.Text;

namespace Winnow.Formats.Tokenizers.PreTokenizers;

/// <summary>Writes text in the byte alphabet, word by word (GPT-2).</summary>
internal sealed class ByteLevelPreTokenizer : PreTokenizer
{
    private readonly bool _addPrefixSpace;
    private readonly Scanner? _words;

    /// <summary>Creates it; <paramref name="words"/> is null where an earlier stage has already cut the words.</summary>
    public ByteLevelPreTokenizer(bool addPrefixSpace, Scanner? words)
    {
        _addPrefixSpace = addPrefixSpace;
        _words = words;
    }

    public override void Split(Piece piece, List<Piece> pieces)
    {
        string text = piece.Text;
        int at = piece.Start;
        int end = piece.Start + piece.Length;
        if (_addPrefixSpace && !text.AsSpan(at, piece.Length).StartsWith(" "))
        {
            text = string.Concat(" ", piece.Span);
            at = 0;
            end = text.Length;
        }

        var letters = new StringBuilder(end - at);
        var bounds = new List<int> { 0 };
        while (at < end)
        {
            int length = _words is null ? end - at : _words.Match(text.AsSpan(0, end), at);
            ByteAlphabet.Append(letters, text.AsSpan(at, length));
            bounds.Add(letters.Length);
            at += length;
        }

        string written = letters.ToString();
        for (int index = 1; index < bounds.Count; index++)
        {
            bool first = piece.AtStart && index == 1;
            pieces.Add(new Piece(written, bounds[index - 1], bounds[index] - bounds[index - 1], first));
        }
    }
}
