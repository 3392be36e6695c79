using System;
using System.Text;

namespace Winnow.Formats.Tokenizers;

/// <summary>The 256 visible characters that byte-level vocabularies write instead of bytes (GPT-2).</summary>
/// <remarks>33-126, 161-172 and 174-255 stand for themselves; the other 68 bytes, in order, for U+0100 and up.</remarks>
internal static class ByteAlphabet
{
    private static readonly char[] Letters = BuildLetters();
    private static readonly short[] Values = BuildValues();

    /// <summary>Writes the alphabet's character for each UTF-8 byte of the text.</summary>
    public static void Append(StringBuilder destination, ReadOnlySpan<char> text)
    {
        Span<byte> bytes = stackalloc byte[4];
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (rune.IsAscii)
            {
                destination.Append(Letters[rune.Value]);
                continue;
            }

            int length = rune.EncodeToUtf8(bytes);
            for (int index = 0; index < length; index++)
            {
                destination.Append(Letters[bytes[index]]);
            }
        }
    }

    /// <summary>The text in the alphabet's characters.</summary>
    public static string Write(string text)
    {
        var letters = new StringBuilder(text.Length);
        Append(letters, text);
        return letters.ToString();
    }

    /// <summary>The bytes that a token stands for; a token with any character outside the alphabet stands for its own UTF-8.</summary>
    public static byte[] ToBytes(ReadOnlySpan<char> token)
    {
        byte[] bytes = new byte[MostBytes(token)];
        return bytes[..ToBytes(token, bytes)];
    }

    /// <summary>What <see cref="ToBytes(ReadOnlySpan{char}, Span{byte})"/> needs at most.</summary>
    public static int MostBytes(ReadOnlySpan<char> token) => Math.Max(token.Length, Encoding.UTF8.GetByteCount(token));

    /// <summary>The same into memory that is there; returns how many bytes there are.</summary>
    public static int ToBytes(ReadOnlySpan<char> token, Span<byte> bytes)
    {
        for (int index = 0; index < token.Length; index++)
        {
            int value = token[index] < Values.Length ? Values[token[index]] : -1;
            if (value < 0)
            {
                return Encoding.UTF8.GetBytes(token, bytes);
            }

            bytes[index] = (byte)value;
        }

        return token.Length;
    }

    private static char[] BuildLetters()
    {
        char[] letters = new char[256];
        int next = 0x100;
        for (int value = 0; value < 256; value++)
        {
            bool visible = value is (>= 33 and <= 126) or (>= 161 and <= 172) or >= 174;
            letters[value] = (char)(visible ? value : next++);
        }

        return letters;
    }

    private static short[] BuildValues()
    {
        short[] values = new short[0x100 + 68];
        Array.Fill(values, (short)-1);
        for (int value = 0; value < 256; value++)
        {
            values[Letters[value]] = (short)value;
        }

        return values;
    }
}
