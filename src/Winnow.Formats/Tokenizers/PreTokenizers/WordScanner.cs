using System;

namespace Winnow.Formats.Tokenizers.PreTokenizers;

/// <summary>Words as Llama 3, Qwen and their relatives cut them.</summary>
/// <remarks>
/// <c>(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,n}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+</c>,
/// where marks may count as letters (Qwen 3.5).
/// </remarks>
internal sealed class WordScanner : Scanner
{
    private readonly int _digits;
    private readonly bool _contractions;
    private readonly Func<int, bool> _isLetter;
    private readonly Func<int, bool> _isOther;

    /// <summary>Creates the scanner.</summary>
    /// <param name="digits">How many digits make one piece.</param>
    /// <param name="marks">Whether marks count as letters.</param>
    /// <param name="contractions">Whether English contractions are cut off first.</param>
    public WordScanner(int digits, bool marks = false, bool contractions = true)
    {
        _digits = digits;
        _contractions = contractions;
        _isLetter = marks ? IsLetterOrMark : UnicodeClass.IsLetter;
        _isOther = marks ? IsOtherThanMark : IsOther;
    }

    /// <summary><c>[^\s\p{L}\p{N}]</c>.</summary>
    public static bool IsOther(int scalar)
    {
        return !UnicodeClass.IsWhiteSpace(scalar) && !UnicodeClass.IsLetter(scalar) && !UnicodeClass.IsNumber(scalar);
    }

    /// <summary><c>[^\r\n\p{L}\p{N}]</c>: what may lead a word.</summary>
    public static bool MayLead(int scalar)
    {
        return scalar is not ('\r' or '\n') && !UnicodeClass.IsLetter(scalar) && !UnicodeClass.IsNumber(scalar);
    }

    public override int Match(ReadOnlySpan<char> text, int start)
    {
        int contraction = _contractions ? ScanText.Contraction(text, start, ignoreCase: true) : 0;
        if (contraction > 0)
        {
            return contraction;
        }

        int scalar = ScanText.At(text, start, out int length);
        int word = MayLead(scalar) ? start + length : start;
        int end = ScanText.Run(text, word, _isLetter);
        if (end == word && word > start)
        {
            // The lead is optional: a mark may itself be the letter that the word begins with.
            end = ScanText.Run(text, start, _isLetter);
            word = start;
        }

        return end > word ? end - start : MatchRest(text, start, scalar);
    }

    private int MatchRest(ReadOnlySpan<char> text, int start, int scalar)
    {
        if (UnicodeClass.IsNumber(scalar))
        {
            return ScanText.Run(text, start, _digits, UnicodeClass.IsNumber) - start;
        }

        int body = scalar == ' ' ? start + 1 : start;
        int end = ScanText.Run(text, body, _isOther);
        if (end > body)
        {
            return ScanText.Run(text, end, IsBreak) - start;
        }

        return WhiteSpaceTail.MatchLines(text, start);
    }

    private static bool IsBreak(int scalar) => scalar is '\r' or '\n';

    private static bool IsLetterOrMark(int scalar) => UnicodeClass.IsLetter(scalar) || UnicodeClass.IsMark(scalar);

    private static bool IsOtherThanMark(int scalar) => IsOther(scalar) && !UnicodeClass.IsMark(scalar);
}
