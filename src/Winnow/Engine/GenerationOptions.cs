using System.Collections.Generic;
using Winnow.Cache.Policies;

namespace Winnow.Engine;

/// <summary>
/// How text is generated. Null means: what the model's own files recommend, and where they say nothing the default that the member states.
/// </summary>
public sealed record GenerationOptions
{
    /// <summary>At most this many tokens, 0 or more. Default: until the context is full.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Texts that end the generation; they are not emitted, also where they stretch over several tokens. Default: none.</summary>
    public IReadOnlyList<string>? StopStrings { get; init; }

    /// <summary>Tokens that end the generation, besides the model's own ones. Default: none.</summary>
    public IReadOnlyList<int>? StopTokens { get; init; }

    /// <summary>Whether the model's end-of-generation tokens are generated like any other. Default: false.</summary>
    public bool? IgnoreEndOfText { get; init; }

    /// <summary>
    /// What evicts from the cache; <see cref="NonePolicy"/> for nothing. The engine has to know it: see <see cref="EngineOptions.MoreKvPolicies"/>. Default:
    /// the engine's. Has no effect on a session, which has its own.
    /// </summary>
    public KvPolicy? KvPolicy { get; init; }

    /// <summary>Divides the logits; 0 always takes the most probable token. Default: 1.</summary>
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

    /// <summary>The probability from which a token is a top choice for XTC. Default: 0.1.</summary>
    public float? XtcThreshold { get; init; }

    /// <summary>Divides positive and multiplies other logits of recent tokens; 1 is off. Default: off.</summary>
    public float? RepetitionPenalty { get; init; }

    /// <summary>Subtracted from a logit for each recent occurrence; 0 is off. Default: off.</summary>
    public float? FrequencyPenalty { get; init; }

    /// <summary>Subtracted from the logit of every recent token; 0 is off. Default: off.</summary>
    public float? PresencePenalty { get; init; }

    /// <summary>How many of the last tokens, prompt included, the three penalties look at; -1 for all, 0 is off. Default: 64.</summary>
    public int? PenaltyLastTokens { get; init; }

    /// <summary>The strength of DRY; 0 is off. Default: off.</summary>
    public float? DryMultiplier { get; init; }

    /// <summary>How fast the DRY penalty grows with the length of a repetition. Default: 1.75.</summary>
    public float? DryBase { get; init; }

    /// <summary>The length of a repetition, in tokens, from which DRY acts. Default: 2.</summary>
    public int? DryAllowedLength { get; init; }

    /// <summary>How many of the last tokens DRY searches; -1 for all, 0 is off. Default: -1.</summary>
    public int? DryLastTokens { get; init; }

    /// <summary>
    /// Texts that no repetition of DRY reaches across: every token that contains one breaks it. Default: line break, colon, quote and asterisk.
    /// </summary>
    public IReadOnlyList<string>? DryBreakers { get; init; }

    /// <summary>The surprise, in bits, that mirostat 2 aims at; setting it turns mirostat on in place of truncation. Default: off.</summary>
    public float? MirostatTau { get; init; }

    /// <summary>The step of mirostat 2; only with <see cref="MirostatTau"/>. Default: 0.1.</summary>
    public float? MirostatEta { get; init; }

    /// <summary>What is added to the logits of single tokens; negative infinity bans one. Default: nothing.</summary>
    public IReadOnlyDictionary<int, float>? LogitBias { get; init; }

    /// <summary>The seed: the same seed gives the same text whatever else the engine is doing. Default: a new one each time.</summary>
    public ulong? Seed { get; init; }

    /// <summary>How many of the most probable tokens each piece lists, with their log-probabilities. Default: none.</summary>
    public int? LogProbabilities { get; init; }

    /// <summary>Whether the tokens that the model expects around a text, such as one that begins it, are added to a prompt. Default: true.</summary>
    public bool? AddSpecial { get; init; }

    /// <summary>Whether special tokens spelled out in a prompt become those tokens. Default: false, so that text cannot forge them.</summary>
    public bool? ParseSpecial { get; init; }
}
