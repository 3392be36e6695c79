using System;

namespace Winnow.Formats.Tokenizers.Decoders;

/// <summary>Joins WordPiece tokens: a continued word loses its prefix, another word gets a space before it.</summary>
internal sealed class WordPieceStage : TokenStage
{
    private readonly string _prefix;
    private readonly bool _cleanUp;
    private bool _any;

    public WordPieceStage(DecoderStage next, string prefix, bool cleanUp)
        : base(next)
    {
        _prefix = prefix;
        _cleanUp = cleanUp;
    }

    /// <summary>The text that a token adds after others.</summary>
    public static string Continue(string token, string prefix)
    {
        return token.StartsWith(prefix, StringComparison.Ordinal) ? token[prefix.Length..] : " " + token;
    }

    protected override void Take(ReadOnlySpan<char> token)
    {
        string text = _any ? Continue(token.ToString(), _prefix) : token.ToString();
        _any = true;
        Forward(_cleanUp ? CleanUp.Apply(text) : text);
    }
}
