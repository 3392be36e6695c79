using Winnow.Kernels.Sampling;

namespace Winnow.Models;

/// <summary>How the token after one of a step's tokens is to be chosen.</summary>
/// <param name="Chain">The stages and the seed.</param>
/// <param name="State">The tokens before it; read while the step is put together.</param>
/// <param name="Position">The position of the token to be chosen.</param>
internal readonly record struct RowSampling(SamplerChain Chain, SamplerState State, long Position);
