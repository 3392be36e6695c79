using System;

namespace Winnow.Formats.Tokenizers.PreTokenizers;

/// <summary>A stretch of normalized text.</summary>
/// <param name="Text">The text that holds it.</param>
/// <param name="Start">The first UTF-16 unit.</param>
/// <param name="Length">The number of UTF-16 units.</param>
/// <param name="AtStart">Whether the whole input begins here.</param>
internal readonly record struct Piece(string Text, int Start, int Length, bool AtStart)
{
    public ReadOnlySpan<char> Span => Text.AsSpan(Start, Length);

    /// <summary>The part from <paramref name="start"/> (relative), which begins the input only if the whole does and it is first.</summary>
    public Piece Slice(int start, int length) => new(Text, Start + start, length, AtStart && start == 0);
}
