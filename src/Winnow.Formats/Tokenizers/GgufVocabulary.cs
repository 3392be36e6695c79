using System;
using System.Collections.Generic;
using Winnow.Formats.Gguf;

namespace Winnow.Formats.Tokenizers;

/// <summary>The vocabulary that a GGUF file carries under <c>tokenizer.ggml.*</c>; the names follow its keys.</summary>
/// <remarks>Bytes and numbers only, not yet checked: <see cref="Tokenizer.FromGguf"/> checks them.</remarks>
public sealed record GgufVocabulary
{
    /// <summary>The kind of tokenizer: <c>llama</c>, <c>gpt2</c>, <c>bert</c> or <c>t5</c>.</summary>
    public required string Model { get; init; }

    /// <summary>How text is cut into words before byte-level BPE, such as <c>llama-bpe</c>; null for GPT-2's way.</summary>
    public string? Pre { get; init; }

    /// <summary>The tokens by id; bytes, because they need not be UTF-8.</summary>
    public required IReadOnlyList<byte[]> Tokens { get; init; }

    /// <summary>A score for each token, larger is better; null where the model needs none.</summary>
    public IReadOnlyList<float>? Scores { get; init; }

    /// <summary>1 normal, 2 unknown, 3 control, 4 user defined, 5 unused, 6 byte for each token; null for all normal.</summary>
    public IReadOnlyList<int>? TokenTypes { get; init; }

    /// <summary>Merges of byte-level BPE, two tokens with a space between, best first.</summary>
    public IReadOnlyList<string>? Merges { get; init; }

    /// <summary>The token that begins a sequence.</summary>
    public int? BosId { get; init; }

    /// <summary>The token that ends a sequence.</summary>
    public int? EosId { get; init; }

    /// <summary>The token that ends a turn.</summary>
    public int? EotId { get; init; }

    /// <summary>The token that ends a message.</summary>
    public int? EomId { get; init; }

    /// <summary>The token for what the vocabulary cannot spell.</summary>
    public int? UnknownId { get; init; }

    /// <summary>The token between and after texts (BERT).</summary>
    public int? SeparatorId { get; init; }

    /// <summary>The token that fills batches.</summary>
    public int? PaddingId { get; init; }

    /// <summary>The token that hides a word (BERT).</summary>
    public int? MaskId { get; init; }

    /// <summary>Whether a sequence begins with <see cref="BosId"/>; null for the rule of the model.</summary>
    public bool? AddBos { get; init; }

    /// <summary>Whether a sequence ends with <see cref="EosId"/>; null for the rule of the model.</summary>
    public bool? AddEos { get; init; }

    /// <summary>Whether a text begins with a space that its author did not write; null for the rule of the model.</summary>
    public bool? AddSpacePrefix { get; init; }

    /// <summary>Whether runs of spaces become one and outer ones vanish (T5).</summary>
    public bool? RemoveExtraWhitespaces { get; init; }

    /// <summary>SentencePiece's compiled normalization rules (T5); null for none.</summary>
    public byte[]? PrecompiledCharsMap { get; init; }

    /// <summary>The file that error messages name; null where there is none.</summary>
    public string? Path { get; init; }

    /// <summary>Reads the vocabulary of a file.</summary>
    /// <exception cref="ModelFormatException">A key is missing or has another type than it must.</exception>
    public static GgufVocabulary From(GgufFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return GgufVocabularyReader.Read(file.Metadata, file.Path);
    }
}
