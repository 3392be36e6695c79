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

    /// <summary>Throws unless the row has a softmax.</summary>
    public void Check()
    {
        if (HasNaN)
        {
            throw new WinnowException(
                "The row of logits holds a NaN: the model or its weights are damaged, or a layer overflowed; try a wider type for the weights or the cache.");
        }

        if (float.IsPositiveInfinity(Maximum))
        {
            throw new WinnowException(
                "The row of logits holds a positive infinity: a layer overflowed; try a wider type for the weights or the cache.");
        }

        if (float.IsNegativeInfinity(Maximum))
        {
            throw new WinnowException(
                "Every logit of the row is negative infinity, so no token can be chosen: allow at least one token.");
        }
    }
}
