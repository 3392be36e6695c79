using System;
using System.Collections.Generic;

namespace Winnow.Formats.Tokenizers.PreTokenizers;

/// <summary>The first of several patterns that matches, in the order given.</summary>
internal sealed class FirstOfScanner : Scanner
{
    private readonly IReadOnlyList<Scanner> _alternatives;

    public FirstOfScanner(IReadOnlyList<Scanner> alternatives) => _alternatives = alternatives;

    public override int Match(ReadOnlySpan<char> text, int start)
    {
        foreach (Scanner alternative in _alternatives)
        {
            int length = alternative.Match(text, start);
            if (length > 0)
            {
                return length;
            }
        }

        return 0;
    }
}
