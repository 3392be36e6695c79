namespace Winnow.Kernels.Sampling;

/// <summary>A token and its log-probability under the unmodified distribution of the model.</summary>
/// <param name="Token">The token.</param>
/// <param name="LogProbability">The natural logarithm of its probability: at most 0.</param>
public readonly record struct TokenLogProbability(int Token, float LogProbability);
