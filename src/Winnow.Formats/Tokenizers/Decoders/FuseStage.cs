using System;

namespace Winnow.Formats.Tokenizers.Decoders;

/// <summary>Makes one token of all tokens; the parts pass as they come.</summary>
internal sealed class FuseStage : DecoderStage
{
    public FuseStage(DecoderStage next)
        : base(next)
    {
    }

    public override void Append(ReadOnlySpan<char> text) => Next.Append(text);

    public override void EndToken()
    {
    }

    public override void Finish()
    {
        Next.EndToken();
        Next.Finish();
    }
}
