using System;
using System.Text;

namespace Winnow.Formats.Tokenizers.Decoders;

/// <summary>The end of a chain: gathers final text.</summary>
internal sealed class TextSink : DecoderStage
{
    private readonly StringBuilder _text = new();

    public TextSink()
        : base(null)
    {
    }

    public override void Append(ReadOnlySpan<char> text) => _text.Append(text);

    public override void EndToken()
    {
    }

    public override void Finish()
    {
    }

    /// <summary>The text gathered since the last call.</summary>
    public string Take()
    {
        string text = _text.ToString();
        _text.Clear();
        return text;
    }
}
