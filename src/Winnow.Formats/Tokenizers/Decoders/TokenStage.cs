using System;

namespace Winnow.Formats.Tokenizers.Decoders;

/// <summary>A stage that looks at whole tokens.</summary>
internal abstract class TokenStage : DecoderStage
{
    private char[] _token = new char[32];
    private int _length;

    protected TokenStage(DecoderStage next)
        : base(next)
    {
    }

    public override void Append(ReadOnlySpan<char> text)
    {
        if (_length + text.Length > _token.Length)
        {
            Array.Resize(ref _token, Math.Max(2 * _token.Length, _length + text.Length));
        }

        text.CopyTo(_token.AsSpan(_length));
        _length += text.Length;
    }

    public override void EndToken()
    {
        int length = _length;
        _length = 0;
        Take(_token.AsSpan(0, length));
    }

    public override void Finish()
    {
        Flush();
        Next.Finish();
    }

    /// <summary>Handles one token.</summary>
    protected abstract void Take(ReadOnlySpan<char> token);

    /// <summary>Forwards what is held back.</summary>
    protected virtual void Flush()
    {
    }
}
