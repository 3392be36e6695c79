using System.Collections.Generic;
using Winnow.Kernels.Sampling;

namespace Winnow.Engine;

/// <summary>What <see cref="GenerationOptions"/> mean for one request: nothing is null any more.</summary>
/// <param name="Chain">The stages of sampling and the seed.</param>
/// <param name="MaxTokens">At most this many tokens.</param>
/// <param name="MaxReason">What the end after that many tokens is called.</param>
/// <param name="EndTokens">Tokens that end the text.</param>
/// <param name="TopCount">How many of the most probable tokens are listed with each piece.</param>
internal sealed record GenerationPlan(
    SamplerChain Chain, int MaxTokens, FinishReason MaxReason, HashSet<int> EndTokens, int TopCount);
