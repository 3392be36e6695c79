using System.Collections.Generic;
using Winnow.Formats.Tokenizers.Decoders;

namespace Winnow.Formats.Tokenizers;

/// <summary>Everything a reader gathers for a <see cref="Tokenizer"/>.</summary>
internal sealed record TokenizerParts
{
    public required Vocabulary Vocabulary { get; init; }

    public required TokenPipeline Pipeline { get; init; }

    public required DecoderChain Decoder { get; init; }

    /// <summary>Ids put before the text where special tokens are asked for.</summary>
    public IReadOnlyList<int> Prefix { get; init; } = [];

    /// <summary>Ids put after the text where special tokens are asked for.</summary>
    public IReadOnlyList<int> Suffix { get; init; } = [];

    public int? BosId { get; init; }

    public int? EosId { get; init; }

    public IReadOnlyList<int> EndOfGenerationIds { get; init; } = [];

    /// <summary>The bytes that a token adds in the middle of a text.</summary>
    public required System.Func<int, byte[]> TokenBytes { get; init; }
}
