using System;

namespace Winnow.Kernels.Sampling;

/// <summary>What one pass over a row of logits tells.</summary>
/// <param name="Maximum">The largest logit.</param>
/// <param name="ArgMax">Its lowest index.</param>
/// <param name="SumExp">The sum of exp(logit - maximum).</param>
/// <param name="HasNaN">Whether some logit is not a number.</param>
internal readonly record struct RowStatistics(float Maximum, int ArgMax, double SumExp, bool HasNaN)
{
    /// <summary>The natural logarithm of a token's probability under the softmax of the row.</summary>
    public float LogProbability(float logit) => (float)Math.Min(0, (double)logit - Maximum - Math.Log(SumExp));

    /// <summary>What is wrong with the row; <see cref="SamplingStatus.Chosen"/> where it has a softmax.</summary>
    public SamplingStatus Status =>
        HasNaN ? SamplingStatus.NotANumber
        : float.IsPositiveInfinity(Maximum) ? SamplingStatus.PositiveInfinity
        : float.IsNegativeInfinity(Maximum) ? SamplingStatus.NothingPossible
        : SamplingStatus.Chosen;

    /// <summary>Throws unless the row has a softmax.</summary>
    public void Check() => Status.Check();
}
