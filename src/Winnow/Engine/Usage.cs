using System;

namespace Winnow.Engine;

/// <summary>What a generation took.</summary>
public sealed record Usage
{
    /// <summary>Tokens before the first generated one: the prompt, or everything in the session.</summary>
    public required int PromptTokens { get; init; }

    /// <summary>Tokens sampled, one that ended the text included.</summary>
    public required int GeneratedTokens { get; init; }

    /// <summary>Prompt tokens that were in the KV cache already and were not computed again.</summary>
    public required int CachedTokens { get; init; }

    /// <summary>From the request to its first token; the whole duration where none was generated.</summary>
    public required TimeSpan TimeToFirstToken { get; init; }

    /// <summary>From the request to its end.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>The seed that was used: with it the same text can be sampled again.</summary>
    public required ulong Seed { get; init; }
}
