using System;
using System.Collections.Generic;

namespace Winnow.Formats.Tokenizers.Decoders;

/// <summary>The clean-up of English spacing that older tokenizers decode with: rules in this order over the text.</summary>
internal static class CleanUp
{
    private static readonly (string Pattern, string Content)[] Rules =
    [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
        (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ];

    /// <summary>Cleans a text that stands alone.</summary>
    public static string Apply(string text)
    {
        foreach ((string pattern, string content) in Rules)
        {
            text = text.Replace(pattern, content, StringComparison.Ordinal);
        }

        return text;
    }

    /// <summary>The rules as steps of a decoder.</summary>
    public static IEnumerable<DecoderStep> Steps()
    {
        foreach ((string pattern, string content) in Rules)
        {
            yield return new DecoderStep(next => new ReplaceStage(next, pattern, content));
        }
    }
}
