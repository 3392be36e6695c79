using System;
using System.Collections.Generic;

namespace Winnow.Formats.Tokenizers;

/// <summary>Checks and converts the scores of a GGUF vocabulary.</summary>
internal static class GgufScores
{
    /// <summary>The scores, one finite number for each token.</summary>
    public static IReadOnlyList<float> Require(GgufVocabulary source)
    {
        if (source.Scores is null || source.Scores.Count != source.Tokens.Count)
        {
            throw Error($"has {source.Scores?.Count ?? 0} entries for {source.Tokens.Count} tokens; convert the model again", source);
        }

        for (int id = 0; id < source.Scores.Count; id++)
        {
            if (!float.IsFinite(source.Scores[id]))
            {
                throw Error($"is {source.Scores[id]} for token {id}", source);
            }
        }

        return source.Scores;
    }

    /// <summary>The lowest score of an ordinary token; fillers may score anything.</summary>
    public static double LowestNormal(IReadOnlyList<float> scores, Vocabulary vocabulary)
    {
        double lowest = 0;
        for (int id = 0; id < scores.Count; id++)
        {
            lowest = vocabulary.Kind(id) == TokenKind.Normal ? Math.Min(lowest, scores[id]) : lowest;
        }

        return lowest;
    }

    /// <summary>The scores in double precision, as SentencePiece sums them.</summary>
    public static double[] Widen(IReadOnlyList<float> scores)
    {
        double[] wide = new double[scores.Count];
        for (int id = 0; id < wide.Length; id++)
        {
            wide[id] = scores[id];
        }

        return wide;
    }

    private static ModelFormatException Error(string message, GgufVocabulary source)
    {
        return new ModelFormatException(message, source.Path, key: "tokenizer.ggml.scores");
    }
}
