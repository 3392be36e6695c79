namespace Winnow.Kernels.Sampling;

/// <summary>What was sampled at one position.</summary>
/// <param name="Token">The chosen token.</param>
/// <param name="LogProbability">
/// The natural logarithm of its probability under the unmodified distribution of the model (log-softmax of the logits
/// as given).
/// </param>
/// <param name="TopCount">How many entries of the caller's buffer of top log-probabilities were written.</param>
public readonly record struct SampleResult(int Token, float LogProbability, int TopCount);
