using System;
using System.Text;

namespace Winnow.Formats.Tokenizers.Decoders;

/// <summary>Replaces a string within each token; inside a fused token only what could begin a match is held back.</summary>
internal sealed class ReplaceStage : DecoderStage
{
    private readonly string _pattern;
    private readonly string _content;
    private readonly StringBuilder _held = new();

    public ReplaceStage(DecoderStage next, string pattern, string content)
        : base(next)
    {
        ArgumentException.ThrowIfNullOrEmpty(pattern);
        _pattern = pattern;
        _content = content;
    }

    public override void Append(ReadOnlySpan<char> text)
    {
        ReadOnlySpan<char> rest = _held.Length == 0 ? text : _held.Append(text).ToString();
        for (int found; (found = rest.IndexOf(_pattern, StringComparison.Ordinal)) >= 0; rest = rest[(found + _pattern.Length)..])
        {
            Next.Append(rest[..found]);
            Next.Append(_content);
        }

        int keep = OpenPrefix(rest);
        Next.Append(rest[..^keep]);
        _held.Clear().Append(rest[^keep..]);
    }

    public override void EndToken()
    {
        Release();
        Next.EndToken();
    }

    public override void Finish()
    {
        Release();
        Next.Finish();
    }

    private void Release()
    {
        Next.Append(_held.ToString());
        _held.Clear();
    }

    // The longest proper prefix of the pattern that the text ends in.
    private int OpenPrefix(ReadOnlySpan<char> text)
    {
        for (int length = Math.Min(_pattern.Length - 1, text.Length); length > 0; length--)
        {
            if (text.EndsWith(_pattern.AsSpan(0, length), StringComparison.Ordinal))
            {
                return length;
            }
        }

        return 0;
    }
}
