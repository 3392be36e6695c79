namespace Winnow.Models;

/// <summary>The capacities of a decoder's steps.</summary>
public sealed record DecoderOptions
{
    /// <summary>Tokens in the largest step.</summary>
    public required int MaxTokens { get; init; }

    /// <summary>Rows of logits in the largest step.</summary>
    public required int MaxLogitRows { get; init; }

    /// <summary>Tokens of the largest step whose hidden rows are asked for; 0 where nobody asks.</summary>
    public int MaxHiddenRows { get; init; }

    /// <summary>The longest sequence, tokens: it decides the factors of longrope.</summary>
    public required int ContextTokens { get; init; }

    /// <summary>Tokens that the tokenizer knows; null means every row of the embedding table is a token.</summary>
    public int? Vocabulary { get; init; }
}
