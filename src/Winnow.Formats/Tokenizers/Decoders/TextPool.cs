using System;

namespace Winnow.Formats.Tokenizers.Decoders;

/// <summary>
/// Strings of the short texts that tokens stand for, so that a stream of tokens that have come before takes no memory. It forgets where two texts want one place, and
/// holds a few hundred KiB at most. Safe for several threads at once: a race makes a string twice.
/// </summary>
internal sealed class TextPool
{
    private const int Places = 4096;
    private const int LongestText = 32;

    private readonly string?[] _texts = new string?[Places];

    /// <summary>A string of these characters.</summary>
    public string Get(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > LongestText)
        {
            return text.ToString();
        }

        ref string? place = ref _texts[Hash(text) % Places];
        if (place is { } known && text.SequenceEqual(known))
        {
            return known;
        }

        string made = text.ToString();
        place = made;
        return made;
    }

    // The same in every process, so that what a stream takes can be told beforehand.
    private static uint Hash(ReadOnlySpan<char> text)
    {
        uint hash = 2166136261;
        foreach (char character in text)
        {
            hash = (hash ^ character) * 16777619;
        }

        return hash ^ (hash >> 16);
    }
}
