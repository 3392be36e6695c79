namespace Winnow.Evaluation;

/// <summary>How recall is measured. Null means the default that the member states.</summary>
public sealed record RecallOptions
{
    /// <summary>
    /// Whether the question is there when the cache is cut: text and question are appended together and the policy stays on. Default: false; the
    /// text alone is appended under the policy, then the cache is frozen and the question follows.
    /// </summary>
    public bool? QueryAware { get; init; }

    /// <summary>How many questions are asked at the same time; the engine computes them together. Default: 8.</summary>
    public int? Concurrency { get; init; }

    /// <summary>
    /// How many tokens are generated for a question at least, so that there is enough to time; only as many as the answer has are compared. Default: 16.
    /// </summary>
    public int? DecodeTokens { get; init; }
}
