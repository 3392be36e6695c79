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

    public static IEnumerable<DecoderStep> Steps()
    {
        foreach ((string pattern, string content) in Rules)
        {
            yield return new DecoderStep(next => new ReplaceStage(next, pattern, content));
        }
    }
}
