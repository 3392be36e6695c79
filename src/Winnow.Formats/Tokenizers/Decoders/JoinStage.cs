using System;

namespace Winnow.Formats.Tokenizers.Decoders;

/// <summary>Puts a space between tokens: what happens where a tokenizer names no decoder.</summary>
internal sealed class JoinStage : TokenStage
{
    private bool _any;

    public JoinStage(DecoderStage next)
        : base(next)
    {
    }

    protected override void Take(ReadOnlySpan<char> token)
    {
        if (_any)
        {
            Next.Append(" ");
        }

        Forward(token);
        _any = true;
    }
}
