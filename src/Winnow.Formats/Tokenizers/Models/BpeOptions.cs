namespace Winnow.Formats.Tokenizers.Models;

/// <summary>The switches of a byte-pair encoding as tokenizer.json names them.</summary>
internal sealed record BpeOptions
{
    /// <summary>The id that stands for an unknown character, or null: such characters vanish.</summary>
    public int? UnknownId { get; init; }

    /// <summary>Put before every character of a word but the first.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Put after the last character of a word.</summary>
    public string Suffix { get; init; } = "";

    /// <summary>Neighbouring unknown characters become one unknown token.</summary>
    public bool FuseUnknown { get; init; }

    /// <summary>An unknown character becomes its UTF-8 bytes, where the vocabulary has all 256 byte tokens.</summary>
    public bool ByteFallback { get; init; }

    /// <summary>A pre-token that is itself a token is taken whole.</summary>
    public bool IgnoreMerges { get; init; }
}
