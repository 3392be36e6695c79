using System;
using System.Text;

namespace Winnow.Formats.Tokenizers.Decoders;

/// <summary>A stage that looks at whole tokens.</summary>
internal abstract class TokenStage : DecoderStage
{
    private readonly StringBuilder _token = new();

    protected TokenStage(DecoderStage next)
        : base(next)
    {
    }

    public override void Append(ReadOnlySpan<char> text) => _token.Append(text);

    public override void EndToken()
    {
        string token = _token.ToString();
        _token.Clear();
        Take(token);
    }

    public override void Finish()
    {
        Flush();
        Next.Finish();
    }

    /// <summary>Handles one token.</summary>
    protected abstract void Take(string token);

    /// <summary>Forwards what is held back.</summary>
    protected virtual void Flush()
    {
    }
}
