using System;
using Winnow.Formats.Tokenizers.Normalizers;
using Winnow.Formats.Tokenizers.PreTokenizers;

namespace Winnow.Formats.Tokenizers.Decoders;

/// <summary>Replaces the matches of a pattern within each token.</summary>
internal sealed class ScanReplaceStage : TokenStage
{
    private readonly Scanner _pattern;
    private readonly string _content;

    public ScanReplaceStage(DecoderStage next, Scanner pattern, string content)
        : base(next)
    {
        _pattern = pattern;
        _content = content;
    }

    protected override void Take(ReadOnlySpan<char> token) => Forward(ScanReplace.Apply(token.ToString(), _pattern, _content));
}
