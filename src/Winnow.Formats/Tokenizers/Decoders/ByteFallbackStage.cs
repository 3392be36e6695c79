using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Winnow.Formats.Tokenizers.Decoders;

/// <summary>Joins runs of byte tokens (<c>&lt;0xAB&gt;</c>) into text.</summary>
/// <remarks>A run that is not valid UTF-8 as a whole becomes one U+FFFD for each byte, its valid parts included, so a run is
/// held until another token ends it.</remarks>
internal sealed class ByteFallbackStage : TokenStage
{
    private readonly List<byte> _run = [];

    public ByteFallbackStage(DecoderStage next)
        : base(next)
    {
    }

    /// <summary>Whether the token spells a byte, and which.</summary>
    public static bool TryParse(ReadOnlySpan<char> token, out byte value)
    {
        value = 0;
        return token.Length == 6 && token.StartsWith("<0x") && token[5] == '>'
            && byte.TryParse(token[3..5], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }

    protected override void Take(ReadOnlySpan<char> token)
    {
        if (TryParse(token, out byte value))
        {
            _run.Add(value);
            return;
        }

        Flush();
        Forward(token);
    }

    protected override void Flush()
    {
        if (_run.Count == 0)
        {
            return;
        }

        byte[] bytes = _run.ToArray();
        _run.Clear();
        if (System.Text.Unicode.Utf8.IsValid(bytes))
        {
            Forward(Encoding.UTF8.GetString(bytes));
            return;
        }

        for (int index = 0; index < bytes.Length; index++)
        {
            Forward("\uFFFD");
        }
    }
}
