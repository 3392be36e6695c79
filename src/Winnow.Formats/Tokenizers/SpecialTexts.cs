using System.Collections.Generic;

namespace Winnow.Formats.Tokenizers;

/// <summary>Ends of turns and messages as published chat models spell them; vocabularies do not always name them by id.</summary>
internal static class SpecialTexts
{
    private static readonly string[] EndOfGeneration =
    [
        "<|eot_id|>", "<|eom_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "<|end_of_text|>",
        "<|return|>", "<|call|>", "<｜end▁of▁sentence｜>", "<|end_of_turn|>", "<EOT>", "_<EOT>",
    ];

    /// <summary>The given ids, without holes and repeats, and then every control token with one of the known spellings.</summary>
    public static IReadOnlyList<int> FindEnds(Vocabulary vocabulary, params int?[] known)
    {
        var ends = new List<int>();
        foreach (int? id in known)
        {
            if (id is int value && !ends.Contains(value))
            {
                ends.Add(value);
            }
        }

        // Where <|return|> and <|call|> end the answer, <|end|> only ends one of its parts.
        bool messagesHaveParts = vocabulary.TryGetId("<|return|>", out _) && vocabulary.TryGetId("<|call|>", out _);
        foreach (string text in EndOfGeneration)
        {
            bool isPart = text == "<|end|>" && messagesHaveParts;
            if (!isPart && vocabulary.TryGetId(text, out int id) && vocabulary.Kind(id) == TokenKind.Control && !ends.Contains(id))
            {
                ends.Add(id);
            }
        }

        return ends;
    }
}
