using System;

namespace Winnow.Kernels.Sampling;

/// <summary>Smaller deviation first, then higher score, then lower index.</summary>
internal readonly ref struct DeviationOrder(ReadOnlySpan<float> deviations, ReadOnlySpan<float> scores)
    : ICandidateOrder
{
    private readonly ReadOnlySpan<float> _deviations = deviations;
    private readonly ReadOnlySpan<float> _scores = scores;

    /// <inheritdoc/>
    public bool Before(int left, int right)
    {
        float a = _deviations[left], b = _deviations[right];
        return (a < b) || (a == b && new ScoreOrder(_scores).Before(left, right));
    }
}
