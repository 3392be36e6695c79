using System;

namespace Winnow.Formats.Tokenizers.PreTokenizers;

/// <summary>How the published word patterns end: white space with or without line breaks.</summary>
internal static class WhiteSpaceTail
{
    /// <summary><c>\s+(?!\S)|\s+</c>: a run of white space, less its last character where something visible follows.</summary>
    public static int Match(ReadOnlySpan<char> text, int start)
    {
        int end = ScanText.Run(text, start, UnicodeClass.IsWhiteSpace);
        return end == text.Length || end - start <= 1 ? end - start : end - start - 1;
    }

    /// <summary><c>\s*[\r\n]+|\s+(?!\S)|\s+</c>: up to the last line break of the run, else as <see cref="Match"/>.</summary>
    /// <remarks><c>\s*[\r\n]</c> without the plus matches the same: what comes before is greedy.</remarks>
    public static int MatchLines(ReadOnlySpan<char> text, int start)
    {
        int end = ScanText.Run(text, start, UnicodeClass.IsWhiteSpace);
        int lastBreak = text[start..end].LastIndexOfAny('\r', '\n');
        return lastBreak >= 0 ? lastBreak + 1 : Match(text, start);
    }
}
