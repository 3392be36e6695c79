using System;
using System.Globalization;

namespace Winnow.Formats.Tokenizers;

/// <summary>Unicode classes by scalar value: what the published patterns mean by \p{L}, \p{N}, \p{M}, \p{P}, \p{S}, \s and \w.</summary>
/// <remarks>Categories come from the runtime's Unicode tables, so letters newer than those count as unassigned.</remarks>
internal static class UnicodeClass
{
    private const byte Letter = 1;
    private const byte Number = 2;
    private const byte Mark = 4;
    private const byte Space = 8;
    private const byte Punctuation = 16;
    private const byte Symbol = 32;
    private const byte Upper = 64;
    private const byte Lower = 128;

    private static readonly byte[] Basic = BuildBasicPlane();

    /// <summary>\p{L}.</summary>
    public static bool IsLetter(int scalar) => Has(scalar, Letter);

    /// <summary>\p{N}.</summary>
    public static bool IsNumber(int scalar) => Has(scalar, Number);

    /// <summary>\p{M}.</summary>
    public static bool IsMark(int scalar) => Has(scalar, Mark);

    /// <summary>\p{P}.</summary>
    public static bool IsPunctuation(int scalar) => Has(scalar, Punctuation);

    /// <summary>\p{S}.</summary>
    public static bool IsSymbol(int scalar) => Has(scalar, Symbol);

    /// <summary>The property White_Space (25 code points), which is \s of the engines that tokenizers are published for.</summary>
    public static bool IsWhiteSpace(int scalar) => Has(scalar, Space);

    /// <summary>[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]: may stand at the head of a capitalized word.</summary>
    public static bool IsUpperLike(int scalar) => Has(scalar, Upper);

    /// <summary>[\p{Ll}\p{Lm}\p{Lo}\p{M}]: may stand in the tail of a capitalized word.</summary>
    public static bool IsLowerLike(int scalar) => Has(scalar, Lower);

    /// <summary>\w: letters, marks, decimal and letter numbers, connectors and joiners.</summary>
    public static bool IsWord(int scalar)
    {
        return Category(scalar) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber
            or UnicodeCategory.ConnectorPunctuation || scalar is 0x200C or 0x200D || Has(scalar, Letter | Mark);
    }

    /// <summary>The general category.</summary>
    public static UnicodeCategory Category(int scalar) => CharUnicodeInfo.GetUnicodeCategory(scalar);

    /// <summary>The class of a general category by its name in patterns, such as <c>L</c> or <c>Lu</c>; null where not known.</summary>
    public static Func<int, bool>? Property(string name)
    {
        return name switch
        {
            "L" => IsLetter,
            "N" => IsNumber,
            "M" => IsMark,
            "P" => IsPunctuation,
            "S" => IsSymbol,
            "Lu" => scalar => Category(scalar) == UnicodeCategory.UppercaseLetter,
            "Ll" => scalar => Category(scalar) == UnicodeCategory.LowercaseLetter,
            "Lt" => scalar => Category(scalar) == UnicodeCategory.TitlecaseLetter,
            "Lm" => scalar => Category(scalar) == UnicodeCategory.ModifierLetter,
            "Lo" => scalar => Category(scalar) == UnicodeCategory.OtherLetter,
            "Mn" => scalar => Category(scalar) == UnicodeCategory.NonSpacingMark,
            "Nd" => scalar => Category(scalar) == UnicodeCategory.DecimalDigitNumber,
            "Cc" => scalar => Category(scalar) == UnicodeCategory.Control,
            _ => null,
        };
    }

    private static bool Has(int scalar, int mask)
    {
        byte classes = (uint)scalar < (uint)Basic.Length ? Basic[scalar] : Classify(scalar);
        return (classes & mask) != 0;
    }

    private static byte[] BuildBasicPlane()
    {
        byte[] classes = new byte[0x10000];
        for (int scalar = 0; scalar < classes.Length; scalar++)
        {
            classes[scalar] = Classify(scalar);
        }

        return classes;
    }

    private static byte Classify(int scalar)
    {
        byte space = IsListedWhiteSpace(scalar) ? Space : (byte)0;
        return (byte)(space | Category(scalar) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.TitlecaseLetter => Letter | Upper,
            UnicodeCategory.LowercaseLetter => Letter | Lower,
            UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => Letter | Upper | Lower,
            UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark
                => Mark | Upper | Lower,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Number,
            >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherPunctuation => Punctuation,
            >= UnicodeCategory.MathSymbol and <= UnicodeCategory.OtherSymbol => Symbol,
            _ => 0,
        });
    }

    private static bool IsListedWhiteSpace(int scalar)
    {
        return scalar is (>= 0x09 and <= 0x0D) or 0x20 or 0x85 or 0xA0 or 0x1680
            or (>= 0x2000 and <= 0x200A) or 0x2028 or 0x2029 or 0x202F or 0x205F or 0x3000;
    }
}
