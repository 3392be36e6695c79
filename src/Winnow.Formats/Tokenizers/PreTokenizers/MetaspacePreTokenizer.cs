using System;
using System.Collections.Generic;

namespace Winnow.Formats.Tokenizers.PreTokenizers;

/// <summary>Writes spaces as a visible character, and cuts before each of them (SentencePiece).</summary>
internal sealed class MetaspacePreTokenizer : PreTokenizer
{
    private readonly string _replacement;
    private readonly MetaspaceScheme _scheme;
    private readonly SplitPreTokenizer? _split;

    public MetaspacePreTokenizer(string replacement, MetaspaceScheme scheme, bool split)
    {
        _replacement = replacement;
        _scheme = scheme;
        _split = split ? new SplitPreTokenizer(new LiteralScanner(replacement), SplitBehavior.MergedWithNext) : null;
    }

    public override void Split(Piece piece, List<Piece> pieces)
    {
        string text = piece.Span.ToString().Replace(" ", _replacement, StringComparison.Ordinal);
        bool prepend = _scheme == MetaspaceScheme.Always || (_scheme == MetaspaceScheme.First && piece.AtStart);
        if (prepend && !text.StartsWith(_replacement, StringComparison.Ordinal))
        {
            text = _replacement + text;
        }

        var whole = new Piece(text, 0, text.Length, piece.AtStart);
        if (_split is null)
        {
            pieces.Add(whole);
        }
        else
        {
            _split.Split(whole, pieces);
        }
    }
}
