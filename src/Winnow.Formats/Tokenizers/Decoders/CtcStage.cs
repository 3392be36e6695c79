using System;

namespace Winnow.Formats.Tokenizers.Decoders;

/// <summary>Decodes connectionist temporal classification: repeats and padding vanish, the delimiter becomes a space.</summary>
internal sealed class CtcStage : TokenStage
{
    private readonly string _padding;
    private readonly string _delimiter;
    private readonly bool _cleanUp;
    private string? _last;

    public CtcStage(DecoderStage next, string padding, string delimiter, bool cleanUp)
        : base(next)
    {
        _padding = padding;
        _delimiter = delimiter;
        _cleanUp = cleanUp;
    }

    protected override void Take(ReadOnlySpan<char> token)
    {
        if (token.SequenceEqual(_last))
        {
            return;
        }

        _last = token.ToString();
        string text = _last.Replace(_padding, "", StringComparison.Ordinal);
        if (_cleanUp)
        {
            text = CleanUp.Apply(text).Replace(_delimiter, " ", StringComparison.Ordinal);
        }

        if (text.Length > 0)
        {
            Forward(text);
        }
    }
}
