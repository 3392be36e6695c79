namespace Winnow.Formats.Tokenizers;

/// <summary>What <c>tokenizer_config.json</c> says beside a <c>tokenizer.json</c>; null leaves the tokenizer's own rule.</summary>
public sealed record TokenizerOptions
{
    /// <summary>The text of the token that begins a sequence.</summary>
    public string? BosToken { get; init; }

    /// <summary>The text of the token that ends a sequence.</summary>
    public string? EosToken { get; init; }

    /// <summary>Whether encoding with special tokens begins with <see cref="BosToken"/>.</summary>
    public bool? AddBosToken { get; init; }

    /// <summary>Whether encoding with special tokens ends with <see cref="EosToken"/>.</summary>
    public bool? AddEosToken { get; init; }

    /// <summary>Whether decoding drops the space before <c>. ? ! ,</c> and English contractions; off unless asked for.</summary>
    /// <remarks>
    /// <see cref="Tokenizer.Load"/> leaves it off even where <c>clean_up_tokenization_spaces</c> is set: it changes what a model wrote,
    /// code above all, and the text no longer encodes to the same ids.
    /// </remarks>
    public bool CleanUpTokenizationSpaces { get; init; }
}
