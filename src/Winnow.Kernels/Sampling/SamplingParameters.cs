using System.Collections.Generic;

namespace Winnow.Kernels.Sampling;

/// <summary>
/// How tokens are sampled. Null means "nobody said anything": no truncation, no penalty, temperature 1, a seed of its
/// own for every chain.
/// </summary>
public sealed record SamplingParameters
{
    /// <summary>Divides the logits; 0 is greedy, which leaves out every truncating stage. Default: 1.</summary>
    public float? Temperature { get; init; }

    /// <summary>Keeps the k most probable tokens; 0 is off. Default: off.</summary>
    public int? TopK { get; init; }

    /// <summary>Keeps the smallest set of most probable tokens with this mass; 1 is off. Default: off.</summary>
    public float? TopP { get; init; }

    /// <summary>Keeps tokens with at least this share of the largest probability; 0 is off. Default: off.</summary>
    public float? MinP { get; init; }

    /// <summary>Keeps tokens of typical surprise up to this mass; 1 is off. Default: off.</summary>
    public float? TypicalP { get; init; }

    /// <summary>Keeps logits within this many standard deviations of the largest; 0 is off. Default: off.</summary>
    public float? TopNSigma { get; init; }

    /// <summary>How often XTC removes the top choices; 0 is off. Default: off.</summary>
    public float? XtcProbability { get; init; }

    /// <summary>The probability from which a token counts as a top choice of XTC. Default: 0.1.</summary>
    public float? XtcThreshold { get; init; }

    /// <summary>Divides positive and multiplies other logits of recent tokens; 1 is off. Default: off.</summary>
    public float? RepetitionPenalty { get; init; }

    /// <summary>Subtracted from a logit for each recent occurrence; 0 is off. Default: off.</summary>
    public float? FrequencyPenalty { get; init; }

    /// <summary>Subtracted from the logit of every recent token; 0 is off. Default: off.</summary>
    public float? PresencePenalty { get; init; }

    /// <summary>How many of the last tokens (prompt and generated) the three penalties look at; -1 for all, 0 is off.
    /// Default: 64.</summary>
    public int? PenaltyLastTokens { get; init; }

    /// <summary>The strength of DRY; 0 is off. Default: off.</summary>
    public float? DryMultiplier { get; init; }

    /// <summary>How fast the DRY penalty grows with the length of a repetition. Default: 1.75.</summary>
    public float? DryBase { get; init; }

    /// <summary>The length of a repetition, in tokens, from which DRY acts. Default: 2.</summary>
    public int? DryAllowedLength { get; init; }

    /// <summary>How many of the last tokens DRY searches; -1 for all, 0 is off. Default: -1.</summary>
    public int? DryLastTokens { get; init; }

    /// <summary>Tokens that no repetition of DRY reaches across (line breaks, colons, quotes, asterisks are usual).
    /// Default: none.</summary>
    public IReadOnlyCollection<int>? DryBreakers { get; init; }

    /// <summary>The surprise, in bits, that mirostat 2 aims at; setting it turns mirostat on. Default: off.</summary>
    public float? MirostatTau { get; init; }

    /// <summary>The step of mirostat 2; only with <see cref="MirostatTau"/>. Default: 0.1.</summary>
    public float? MirostatEta { get; init; }

    /// <summary>What is added to the logits of single tokens; negative infinity bans a token. Default:
    /// nothing.</summary>
    public IReadOnlyDictionary<int, float>? LogitBias { get; init; }

    /// <summary>The seed of all random numbers. Default: a random one for every chain, to be read from the
    /// chain.</summary>
    public ulong? Seed { get; init; }

    /// <summary>
    /// These parameters, with what they leave open taken from others (those a model ships with, say). Asking for
    /// mirostat turns the truncation of the
    /// others off, since mirostat takes its place.
    /// </summary>
    /// <param name="defaults">What holds where this record says nothing; null for nothing.</param>
    /// <returns>The union; this record wins.</returns>
    public SamplingParameters WithDefaults(SamplingParameters? defaults)
    {
        if (defaults is null)
        {
            return this;
        }

        SamplingParameters truncation = MirostatTau is null ? defaults : new SamplingParameters();
        return this with
        {
            Temperature = Temperature ?? defaults.Temperature,
            TopK = TopK ?? truncation.TopK,
            TopP = TopP ?? truncation.TopP,
            MinP = MinP ?? truncation.MinP,
            TypicalP = TypicalP ?? truncation.TypicalP,
            TopNSigma = TopNSigma ?? truncation.TopNSigma,
            XtcProbability = XtcProbability ?? truncation.XtcProbability,
            XtcThreshold = XtcThreshold ?? truncation.XtcThreshold,
            RepetitionPenalty = RepetitionPenalty ?? defaults.RepetitionPenalty,
            FrequencyPenalty = FrequencyPenalty ?? defaults.FrequencyPenalty,
            PresencePenalty = PresencePenalty ?? defaults.PresencePenalty,
            PenaltyLastTokens = PenaltyLastTokens ?? defaults.PenaltyLastTokens,
            DryMultiplier = DryMultiplier ?? defaults.DryMultiplier,
            DryBase = DryBase ?? defaults.DryBase,
            DryAllowedLength = DryAllowedLength ?? defaults.DryAllowedLength,
            DryLastTokens = DryLastTokens ?? defaults.DryLastTokens,
            DryBreakers = DryBreakers ?? defaults.DryBreakers,
            MirostatTau = MirostatTau ?? defaults.MirostatTau,
            MirostatEta = MirostatEta ?? defaults.MirostatEta,
            LogitBias = LogitBias ?? defaults.LogitBias,
            Seed = Seed ?? defaults.Seed,
        };
    }
}
