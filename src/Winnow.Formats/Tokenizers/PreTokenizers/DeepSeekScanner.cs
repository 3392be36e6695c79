using System;

namespace Winnow.Formats.Tokenizers.PreTokenizers;

/// <summary>DeepSeek V3's last stage: ASCII punctuation glued to letters, words, punctuation, white space.</summary>
/// <remarks>
/// <c>[ASCII punctuation][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+</c>;
/// what none of them matches (digits, controls) is left between the matches.
/// </remarks>
internal sealed class DeepSeekScanner : Scanner
{
    public override int Match(ReadOnlySpan<char> text, int start)
    {
        int scalar = ScanText.At(text, start, out int length);
        if (scalar < 128 && (char.IsPunctuation((char)scalar) || char.IsSymbol((char)scalar)))
        {
            int letters = ScanText.Run(text, start + 1, IsAsciiLetter);
            if (letters > start + 1)
            {
                return letters - start;
            }
        }

        int word = MayLead(scalar) ? start + length : start;
        int end = ScanText.Run(text, word, IsLetterOrMark);
        end = end == word && word > start ? ScanText.Run(text, word = start, IsLetterOrMark) : end;
        if (end > word)
        {
            return end - start;
        }

        int body = scalar == ' ' ? start + 1 : start;
        end = ScanText.Run(text, body, IsPunctuationOrSymbol);
        return end > body ? ScanText.Run(text, end, IsBreak) - start : WhiteSpaceTail.MatchLines(text, start);
    }

    private static bool MayLead(int scalar)
    {
        return scalar is not ('\r' or '\n') && !UnicodeClass.IsLetter(scalar) && !IsPunctuationOrSymbol(scalar);
    }

    private static bool IsLetterOrMark(int scalar) => UnicodeClass.IsLetter(scalar) || UnicodeClass.IsMark(scalar);

    private static bool IsPunctuationOrSymbol(int scalar) => UnicodeClass.IsPunctuation(scalar) || UnicodeClass.IsSymbol(scalar);

    private static bool IsAsciiLetter(int scalar) => scalar is (>= 'A' and <= 'Z') or (>= 'a' and <= 'z');

    private static bool IsBreak(int scalar) => scalar is '\r' or '\n';
}
