using System;

namespace Winnow.Formats.Tokenizers.PreTokenizers;

/// <summary>A pattern that is matched at a position; written by hand, because .NET's regex disagrees on letters and white space.</summary>
internal abstract class Scanner
{
    /// <summary>The length of the match that starts exactly at <paramref name="start"/>; 0 where there is none.</summary>
    public abstract int Match(ReadOnlySpan<char> text, int start);
}
