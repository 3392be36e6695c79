using System.Collections.Generic;

namespace Winnow.Conversion;

/// <summary>The patterns by which published byte-level tokenizers cut words; null is the one of GPT-2, which needs no pattern.</summary>
internal static class WordPatterns
{
    /// <summary>Llama 3: numbers in groups of three.</summary>
    private const string Llama3 =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>Qwen 2, 2.5 and 3: every digit on its own.</summary>
    private const string Qwen2 =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    public static IReadOnlyList<string?> All { get; } = [null, Llama3, Qwen2];
}
