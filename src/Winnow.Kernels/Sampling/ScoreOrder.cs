using System;

namespace Winnow.Kernels.Sampling;

/// <summary>Higher score first, then lower index.</summary>
internal readonly ref struct ScoreOrder(ReadOnlySpan<float> scores) : ICandidateOrder
{
    private readonly ReadOnlySpan<float> _scores = scores;

    /// <inheritdoc/>
    public bool Before(int left, int right)
    {
        float a = _scores[left], b = _scores[right];
        return (a > b) | ((a == b) & (left < right));
    }
}
