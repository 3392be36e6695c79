using System;

namespace Winnow.Formats.Tokenizers.Decoders;

/// <summary>Turns the mark at the end of a word into a space, except in the last token (the BPE decoder).</summary>
internal sealed class SuffixStage : TokenStage
{
    private readonly string _suffix;
    private string? _held;

    public SuffixStage(DecoderStage next, string suffix)
        : base(next) => _suffix = suffix;

    protected override void Take(ReadOnlySpan<char> token)
    {
        if (_held is not null)
        {
            Forward(_held.Replace(_suffix, " ", StringComparison.Ordinal));
        }

        _held = token.ToString();
    }

    protected override void Flush()
    {
        if (_held is not null)
        {
            Forward(_held.Replace(_suffix, "", StringComparison.Ordinal));
            _held = null;
        }
    }
}
