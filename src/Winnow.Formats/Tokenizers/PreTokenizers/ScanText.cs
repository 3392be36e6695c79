using System;
using System.Buffers;
using System.Text;

namespace Winnow.Formats.Tokenizers.PreTokenizers;

/// <summary>Building blocks of the hand-written scanners: all positions are UTF-16, all classes are by scalar value.</summary>
internal static class ScanText
{
    /// <summary>The scalar at a position and its length in UTF-16 units; -1 and 0 at the end.</summary>
    public static int At(ReadOnlySpan<char> text, int position, out int length)
    {
        if (position >= text.Length)
        {
            length = 0;
            return -1;
        }

        char first = text[position];
        if (!char.IsSurrogate(first))
        {
            length = 1;
            return first;
        }

        return Rune.DecodeFromUtf16(text[position..], out Rune rune, out length) == OperationStatus.Done ? rune.Value : first;
    }

    /// <summary>The end of the run of scalars of a class.</summary>
    public static int Run(ReadOnlySpan<char> text, int position, Func<int, bool> isMember)
    {
        while (true)
        {
            int scalar = At(text, position, out int length);
            if (scalar < 0 || !isMember(scalar))
            {
                return position;
            }

            position += length;
        }
    }

    /// <summary>The end of at most <paramref name="limit"/> scalars of a class.</summary>
    public static int Run(ReadOnlySpan<char> text, int position, int limit, Func<int, bool> isMember)
    {
        for (int count = 0; count < limit; count++)
        {
            int scalar = At(text, position, out int length);
            if (scalar < 0 || !isMember(scalar))
            {
                return position;
            }

            position += length;
        }

        return position;
    }

    /// <summary>The length of a contraction ('s, 't, 're, 've, 'm, 'll, 'd) at a position; 0 where there is none.</summary>
    /// <remarks>Ignoring case also folds the long s (U+017F) to s, as Unicode's simple folding does; none of the letters is a k.</remarks>
    public static int Contraction(ReadOnlySpan<char> text, int position, bool ignoreCase)
    {
        if (position + 1 >= text.Length || text[position] != '\'')
        {
            return 0;
        }

        char first = Fold(text[position + 1], ignoreCase);
        if (first is 's' or 't' or 'm' or 'd')
        {
            return 2;
        }

        char second = position + 2 < text.Length ? Fold(text[position + 2], ignoreCase) : '\0';
        return (first, second) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? 3 : 0;
    }

    private static char Fold(char letter, bool ignoreCase)
    {
        if (!ignoreCase)
        {
            return letter;
        }

        return letter == '\u017F' ? 's' : char.ToLowerInvariant(letter);
    }
}
