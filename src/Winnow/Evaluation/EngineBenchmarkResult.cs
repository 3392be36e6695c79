namespace Winnow.Evaluation;

/// <summary>How fast an engine is, as a caller of its streams sees it.</summary>
public sealed record EngineBenchmarkResult
{
    /// <summary>Tokens of each prompt.</summary>
    public required int PromptTokens { get; init; }

    /// <summary>Tokens generated after each.</summary>
    public required int NewTokens { get; init; }

    /// <summary>Sequences at the same time.</summary>
    public required int Batch { get; init; }

    /// <summary>How often.</summary>
    public required int Rounds { get; init; }

    /// <summary>From a request to its first token, over all requests.</summary>
    public required Quantiles TimeToFirstToken { get; init; }

    /// <summary>From a token of a request to its next one, over all requests. A policy's steps that evict are among them.</summary>
    public required Quantiles InterToken { get; init; }

    /// <summary>
    /// The same again and again on one thread after each round: reading memory, as much as a step reads but at most 128 MiB in turns, as long as a token but at most
    /// 10 ms. How even the machine itself is at the time; times between tokens are hardly more even than that.
    /// </summary>
    public required Quantiles Machine { get; init; }

    /// <summary>Tokens of all prompts by the time to the last first token; the median round.</summary>
    public required double PrefillTokensPerSecond { get; init; }

    /// <summary>Tokens after the last first token, of all sequences together; the median round.</summary>
    public required double DecodeTokensPerSecond { get; init; }

    /// <summary>Bytes that a step of decoding has to read: all weights once, and what the cache holds of each sequence halfway through the generation.</summary>
    public required long StepBytes { get; init; }

    /// <summary>Floating-point operations that a token of decoding takes, counting multiply and add: twice the weights in matrices, and attention to what the cache holds.</summary>
    public required double TokenFlops { get; init; }

    /// <summary>The same for a whole prompt, attention being causal and the output matrix used once.</summary>
    public required double PromptFlops { get; init; }

    /// <summary>Bytes of the managed heap that a generated token takes, in the whole process, the benchmark's own reading of the stream included.</summary>
    public required double AllocatedBytesPerToken { get; init; }

    /// <summary>Garbage collections of any generation during all rounds.</summary>
    public required int Collections { get; init; }

    /// <summary>The share of all rounds that cache policies held up the engine's thread, 0 to 1.</summary>
    public required double EvictionShare { get; init; }

    /// <summary>Bytes of weights and cache read in a second of decoding.</summary>
    public double DecodeBytesPerSecond => StepBytes * DecodeTokensPerSecond / Batch;

    /// <summary>Floating-point operations in a second of reading prompts.</summary>
    public double PrefillFlopsPerSecond => PromptFlops / PromptTokens * PrefillTokensPerSecond;
}
