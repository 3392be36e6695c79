using System;

namespace Winnow.Formats.Tokenizers.Decoders;

/// <summary>Turns the visible space back; in the first token it vanishes, unless the text never gets a leading space.</summary>
internal sealed class MetaspaceStage : TokenStage
{
    private readonly string _replacement;
    private readonly bool _dropFirst;
    private bool _any;

    public MetaspaceStage(DecoderStage next, string replacement, bool dropFirst)
        : base(next)
    {
        _replacement = replacement;
        _dropFirst = dropFirst;
    }

    protected override void Take(string token)
    {
        string space = _dropFirst && !_any ? "" : " ";
        _any = true;
        Forward(token.Replace(_replacement, space, StringComparison.Ordinal));
    }
}
