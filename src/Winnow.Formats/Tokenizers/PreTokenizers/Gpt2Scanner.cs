using System;

namespace Winnow.Formats.Tokenizers.PreTokenizers;

/// <summary>GPT-2's words: <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c>.</summary>
internal sealed class Gpt2Scanner : Scanner
{
    public override int Match(ReadOnlySpan<char> text, int start)
    {
        int contraction = ScanText.Contraction(text, start, ignoreCase: false);
        if (contraction > 0)
        {
            return contraction;
        }

        int body = text[start] == ' ' ? start + 1 : start;
        int scalar = ScanText.At(text, body, out _);
        if (scalar < 0 || UnicodeClass.IsWhiteSpace(scalar))
        {
            return WhiteSpaceTail.Match(text, start);
        }

        int end = UnicodeClass.IsLetter(scalar) ? ScanText.Run(text, body, UnicodeClass.IsLetter)
            : UnicodeClass.IsNumber(scalar) ? ScanText.Run(text, body, UnicodeClass.IsNumber)
            : ScanText.Run(text, body, IsOther);
        return end - start;
    }

    private static bool IsOther(int scalar)
    {
        return !UnicodeClass.IsWhiteSpace(scalar) && !UnicodeClass.IsLetter(scalar) && !UnicodeClass.IsNumber(scalar);
    }
}
