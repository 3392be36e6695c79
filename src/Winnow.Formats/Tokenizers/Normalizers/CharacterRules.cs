using System;
using System.Globalization;
using System.Text;

namespace Winnow.Formats.Tokenizers.Normalizers;

/// <summary>Normalizers that look at one character at a time.</summary>
internal static class CharacterRules
{
    /// <summary>Lower case by character, without regard to position or language.</summary>
    public static string Lower(string text)
    {
        string lower = text.ToLowerInvariant();
        // The one character whose lower case is two; simple mappings leave it as it is.
        return lower.Replace("\u0130", "i\u0307", StringComparison.Ordinal);
    }

    /// <summary>Drops the characters that <paramref name="drop"/> accepts.</summary>
    public static string Remove(string text, Func<int, bool> drop) => Map(text, scalar => drop(scalar) ? "" : null);

    /// <summary>Drops all marks (StripAccents).</summary>
    public static string RemoveMarks(string text) => Remove(text, UnicodeClass.IsMark);

    /// <summary>Drops the marks that take no space (BERT's accents).</summary>
    public static string RemoveAccents(string text)
    {
        return Remove(text, scalar => UnicodeClass.Category(scalar) == UnicodeCategory.NonSpacingMark);
    }

    /// <summary>The character rules of the neural machine translation recipe: controls vanish, odd spaces become spaces.</summary>
    public static string Translation(string text)
    {
        return Map(text, scalar => scalar switch
        {
            (>= 0x01 and <= 0x08) or 0x0B or (>= 0x0E and <= 0x1F) or 0x7F or 0x8F or 0x9F => "",
            0x09 or 0x0A or 0x0C or 0x0D or 0x1680 or (>= 0x200B and <= 0x200F) or 0x2028 or 0x2029 or 0x2581 or 0xFEFF or 0xFFFD => " ",
            _ => null,
        });
    }

    /// <summary>BERT's cleaning: controls vanish, any white space becomes a space.</summary>
    public static string Clean(string text)
    {
        return Map(text, scalar => scalar is '\t' or '\n' or '\r' || UnicodeClass.IsWhiteSpace(scalar) && !IsControl(scalar) ? " "
            : scalar is 0 or 0xFFFD || IsControl(scalar) ? "" : null);
    }

    /// <summary>Puts spaces around Chinese characters (BERT).</summary>
    public static string SpaceChinese(string text)
    {
        return Map(text, scalar => IsChinese(scalar) ? $" {new Rune(scalar)} " : null);
    }

    /// <summary>Whether BERT takes the character for a word of its own.</summary>
    public static bool IsChinese(int scalar)
    {
        // 0x2B920 is what published tokenizers were trained with; the block really begins at 0x2B820.
        return scalar is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF)
            or (>= 0x2A700 and <= 0x2B73F) or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF)
            or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);
    }

    /// <summary>Cuts white space off the ends.</summary>
    public static string Strip(string text, bool left, bool right)
    {
        int start = left ? PreTokenizers.ScanText.Run(text, 0, UnicodeClass.IsWhiteSpace) : 0;
        int end = text.Length;
        while (right && end > start && UnicodeClass.IsWhiteSpace(text[end - 1]))
        {
            end--;
        }

        return text[start..end];
    }

    private static bool IsControl(int scalar)
    {
        return UnicodeClass.Category(scalar) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse
            or UnicodeCategory.OtherNotAssigned or UnicodeCategory.Surrogate;
    }

    private static string Map(string text, Func<int, string?> rewrite)
    {
        StringBuilder? result = null;
        for (int at = 0; at < text.Length;)
        {
            int scalar = PreTokenizers.ScanText.At(text, at, out int length);
            if (rewrite(scalar) is string written)
            {
                result ??= new StringBuilder(text.Length).Append(text, 0, at);
                result.Append(written);
            }
            else
            {
                result?.Append(text, at, length);
            }

            at += length;
        }

        return result?.ToString() ?? text;
    }
}
