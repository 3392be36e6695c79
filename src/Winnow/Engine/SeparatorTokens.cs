using System;
using System.Buffers;
using System.Collections.Generic;
using Winnow.Formats.Tokenizers;

namespace Winnow.Engine;

/// <summary>Which tokens of a vocabulary end a segment of a text.</summary>
internal static class SeparatorTokens
{
    private static readonly SearchValues<byte> Ends = SearchValues.Create(".,?!;: \t\n\r"u8);

    /// <summary>The ids of the tokens that consist of full stops, commas, question and exclamation marks, semicolons, colons and white space alone.</summary>
    public static IReadOnlySet<int> Of(Tokenizer tokenizer, int vocabulary)
    {
        var ids = new HashSet<int>();
        for (int id = 0; id < vocabulary; id++)
        {
            ReadOnlySpan<byte> bytes = tokenizer.TokenBytes(id).Span;
            if (!bytes.IsEmpty && !bytes.ContainsAnyExcept(Ends))
            {
                ids.Add(id);
            }
        }

        return ids;
    }
}
