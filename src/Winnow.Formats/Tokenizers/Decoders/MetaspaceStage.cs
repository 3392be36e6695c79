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

    protected override void Take(ReadOnlySpan<char> token)
    {
        string space = _dropFirst && !_any ? "" : " ";
        _any = true;
        for (int found; (found = token.IndexOf(_replacement, StringComparison.Ordinal)) >= 0; token = token[(found + _replacement.Length)..])
        {
            Next.Append(token[..found]);
            Next.Append(space);
        }

        Forward(token);
    }
}
