namespace Winnow.Kernels.Sampling;

/// <summary>An amount to add to the logit of one token.</summary>
/// <param name="Token">The token.</param>
/// <param name="Bias">The amount; negative infinity bans the token.</param>
public readonly record struct TokenBias(int Token, float Bias);
