namespace Winnow.Formats.Tokenizers.Decoders;

/// <summary>Puts a space between tokens: what happens where a tokenizer names no decoder.</summary>
internal sealed class JoinStage : TokenStage
{
    private bool _any;

    public JoinStage(DecoderStage next)
        : base(next)
    {
    }

    protected override void Take(string token)
    {
        Forward(_any ? " " + token : token);
        _any = true;
    }
}
