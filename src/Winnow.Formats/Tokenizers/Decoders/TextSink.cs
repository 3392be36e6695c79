using System;

namespace Winnow.Formats.Tokenizers.Decoders;

/// <summary>The end of a chain: gathers final text.</summary>
internal sealed class TextSink : DecoderStage
{
    private readonly TextPool _pool;
    private char[] _text = new char[64];
    private int _length;

    /// <param name="pool">Has the texts that come again and again.</param>
    public TextSink(TextPool pool)
        : base(null) => _pool = pool;

    public override void Append(ReadOnlySpan<char> text)
    {
        if (_length + text.Length > _text.Length)
        {
            Array.Resize(ref _text, Math.Max(2 * _text.Length, _length + text.Length));
        }

        text.CopyTo(_text.AsSpan(_length));
        _length += text.Length;
    }

    public override void EndToken()
    {
    }

    public override void Finish()
    {
    }

    /// <summary>The text gathered since the last call.</summary>
    public string Take()
    {
        string text = _pool.Get(_text.AsSpan(0, _length));
        _length = 0;
        return text;
    }
}
