using System.Globalization;
using System.Text;

namespace Winnow.Formats.Templates;

/// <summary>What Python's str knows of characters where .NET knows it differently: white space, code points, case.</summary>
internal static class PythonText
{
    /// <summary>Python's isspace: .NET's white space and the four information separators.</summary>
    public static bool IsSpace(char character) => char.IsWhiteSpace(character) || character is >= '\x1c' and <= '\x1f';

    /// <summary>Where str.splitlines ends a line.</summary>
    public static bool IsLineBreak(char character) =>
        character is '\n' or '\r' or '\v' or '\f' or (>= '\x1c' and <= '\x1e') or '\x85' or '\u2028' or '\u2029';

    /// <summary>Python's length: code points, a lone surrogate counting as one.</summary>
    public static int Length(string text)
    {
        int length = text.Length;
        for (int i = 1; i < text.Length; i++)
        {
            if (char.IsLowSurrogate(text[i]) && char.IsHighSurrogate(text[i - 1]))
            {
                length--;
            }
        }

        return length;
    }

    /// <summary>The UTF-16 position of each code point and, last, the text's length; null where the two agree.</summary>
    public static int[]? CodePointStarts(string text)
    {
        int count = Length(text);
        if (count == text.Length)
        {
            return null;
        }

        int[] starts = new int[count + 1];
        int position = 0;
        for (int i = 0; i < count; i++)
        {
            starts[i] = position;
            position += char.IsSurrogatePair(text, position) ? 2 : 1;
        }

        starts[count] = text.Length;
        return starts;
    }

    public static string Upper(string text) =>
        text.ToUpperInvariant().Replace("ß", "SS", System.StringComparison.Ordinal);

    public static string Lower(string text) => text.ToLowerInvariant();

    /// <summary>str.capitalize: the first character in upper case, the others in lower case.</summary>
    public static string Capitalize(string text)
    {
        int first = FirstLength(text);
        return Upper(text[..first]) + Lower(text[first..]);
    }

    /// <summary>str.title: a letter after anything that is not a letter goes to upper case, every other to lower case.</summary>
    public static string Title(string text)
    {
        var result = new StringBuilder(text.Length);
        bool inWord = false;
        foreach (char character in text)
        {
            bool letter = IsCased(character);
            result.Append(inWord ? char.ToLowerInvariant(character) : char.ToUpperInvariant(character));
            inWord = letter;
        }

        return result.ToString();
    }

    /// <summary>UTF-16 units of the first code point.</summary>
    public static int FirstLength(string text) =>
        text.Length > 1 && char.IsSurrogatePair(text, 0) ? 2 : System.Math.Min(1, text.Length);

    public static bool IsCased(char character) => char.GetUnicodeCategory(character)
        is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter;
}
