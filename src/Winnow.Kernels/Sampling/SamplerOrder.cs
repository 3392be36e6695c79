namespace Winnow.Kernels.Sampling;

/// <summary>
/// The orders in which <see cref="SamplerChain.Create(SamplingParameters, SamplerOrder)"/> can put the stages. They
/// give different distributions:
/// a temperature before a nucleus widens or narrows it, after it the nucleus is that of the model.
/// </summary>
public enum SamplerOrder
{
    /// <summary>
    /// The default, that of llama.cpp: logit bias, repetition, frequency and presence penalties, DRY, top-n-sigma,
    /// top-k, typical, top-p, min-p, XTC,
    /// temperature. Truncation comes before temperature, so a high temperature cannot pull the tail of the
    /// distribution in.
    /// </summary>
    TruncateThenScale,

    /// <summary>
    /// That of Hugging Face transformers: logit bias, penalties, DRY, temperature, top-k, top-p, min-p, typical; then
    /// top-n-sigma and XTC, which it lacks.
    /// </summary>
    ScaleThenTopK,

    /// <summary>That of vLLM: logit bias, penalties, DRY, temperature, min-p, top-k, top-p; then typical, top-n-sigma
    /// and XTC, which it lacks.</summary>
    ScaleThenMinP,
}
