using System;

namespace Winnow.Engine;

/// <summary>How well the model predicts a text.</summary>
/// <param name="Tokens">How many tokens were predicted.</param>
/// <param name="MeanNegativeLogLikelihood">The mean of -ln p over them, in nats.</param>
public sealed record PerplexityResult(int Tokens, double MeanNegativeLogLikelihood)
{
    /// <summary>What the longest window held of the KV cache at its end; null where no cache was needed.</summary>
    public KvUsage? Cache { get; init; }

    /// <summary>exp of the mean: among how many equally likely tokens the model seems to choose.</summary>
    public double Perplexity => Math.Exp(MeanNegativeLogLikelihood);
}
