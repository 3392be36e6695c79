using System.Collections.Generic;
using Winnow.Kernels.Sampling;

namespace Winnow.Engine;

/// <summary>One generated token and the text that became certain with it.</summary>
/// <remarks>
/// The texts of all pieces, one after another, are the generated text. A piece's text is empty while a character is not complete, while
/// the text may turn out to begin a stop string, and where the token ends the generation.
/// </remarks>
public readonly record struct GeneratedPiece
{
    private readonly string? _text;

    /// <summary>The text that can be shown now; often empty, never null.</summary>
    public string Text
    {
        get => _text ?? "";
        init => _text = value;
    }

    /// <summary>The sampled token; -1 where no token was asked for.</summary>
    public int TokenId { get; init; }

    /// <summary>The natural logarithm of the token's probability under the unmodified distribution of the model.</summary>
    public float LogProbability { get; init; }

    /// <summary>The most probable tokens, best first, where <see cref="GenerationOptions.LogProbabilities"/> asked for them.</summary>
    public IReadOnlyList<TokenLogProbability>? TopLogProbabilities { get; init; }

    /// <summary>Why the generation ended; set on the last piece only.</summary>
    public FinishReason? FinishReason { get; init; }

    /// <summary>What the generation took; set on the last piece only.</summary>
    public Usage? Usage { get; init; }
}
