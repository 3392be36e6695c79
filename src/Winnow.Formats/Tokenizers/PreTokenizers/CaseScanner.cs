using System;

namespace Winnow.Formats.Tokenizers.PreTokenizers;

/// <summary>Words that also end where lower case turns to upper case: GPT-4o and Tekken.</summary>
/// <remarks>
/// <c>[^\r\n\p{L}\p{N}]?U*L+(contraction)?|[^\r\n\p{L}\p{N}]?U+L*(contraction)?|\p{N}{1,n}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+</c>
/// with U = <c>[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]</c> and L = <c>[\p{Ll}\p{Lm}\p{Lo}\p{M}]</c>.
/// </remarks>
internal sealed class CaseScanner : Scanner
{
    private readonly int _digits;
    private readonly bool _contractions;

    /// <summary>Creates it: how many digits make a piece, and whether a word keeps the contraction after it.</summary>
    public CaseScanner(int digits, bool contractions)
    {
        _digits = digits;
        _contractions = contractions;
    }

    public override int Match(ReadOnlySpan<char> text, int start)
    {
        int scalar = ScanText.At(text, start, out int length);
        int word = WordScanner.MayLead(scalar) ? start + length : start;
        int end = MatchLower(text, word);
        end = end == word && word > start ? MatchLower(text, word = start) : end;
        if (end == word)
        {
            word = WordScanner.MayLead(scalar) ? start + length : start;
            end = MatchUpper(text, word);
            end = end == word && word > start ? MatchUpper(text, word = start) : end;
        }

        if (end > word)
        {
            return end + (_contractions ? ScanText.Contraction(text, end, ignoreCase: true) : 0) - start;
        }

        if (UnicodeClass.IsNumber(scalar))
        {
            return ScanText.Run(text, start, _digits, UnicodeClass.IsNumber) - start;
        }

        int body = scalar == ' ' ? start + 1 : start;
        end = ScanText.Run(text, body, WordScanner.IsOther);
        return end > body ? ScanText.Run(text, end, IsTail) - start : WhiteSpaceTail.MatchLines(text, start);
    }

    // U*L+: the run of U gives characters back until one of them can be the first L.
    private static int MatchLower(ReadOnlySpan<char> text, int start)
    {
        int upper = ScanText.Run(text, start, UnicodeClass.IsUpperLike);
        int end = ScanText.Run(text, upper, UnicodeClass.IsLowerLike);
        if (end > upper)
        {
            return end;
        }

        while (upper > start)
        {
            int previous = upper - (char.IsLowSurrogate(text[upper - 1]) ? 2 : 1);
            if (UnicodeClass.IsLowerLike(ScanText.At(text, previous, out _)))
            {
                return upper;
            }

            upper = previous;
        }

        return start;
    }

    // U+L*.
    private static int MatchUpper(ReadOnlySpan<char> text, int start)
    {
        int upper = ScanText.Run(text, start, UnicodeClass.IsUpperLike);
        return upper == start ? start : ScanText.Run(text, upper, UnicodeClass.IsLowerLike);
    }

    private static bool IsTail(int scalar) => scalar is '\r' or '\n' or '/';
}
