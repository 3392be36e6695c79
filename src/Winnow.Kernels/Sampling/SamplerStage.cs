using System;
using System.Collections.Generic;
using System.Collections.Immutable;

namespace Winnow.Kernels.Sampling;

/// <summary>One stage of a sampler chain as plain data: a kind and its numbers. Made by the methods named like the
/// kinds.</summary>
public readonly record struct SamplerStage
{
    private SamplerStage(SamplerStageKind kind) => Kind = kind;

    /// <summary>What the stage does.</summary>
    public SamplerStageKind Kind { get; }

    /// <summary>
    /// The main number: the penalty, the DRY multiplier, the temperature, p of top-p, min-p and typical, n of
    /// top-n-sigma, the probability of XTC, or tau of mirostat.
    /// </summary>
    public float Value { get; private init; }

    /// <summary>The other number: the DRY base, the threshold of XTC, or eta of mirostat.</summary>
    public float Second { get; private init; }

    /// <summary>k of top-k, or the length of a repetition that DRY still allows, in tokens.</summary>
    public int Count { get; private init; }

    /// <summary>How many of the last tokens the penalties and DRY look at; -1 for all.</summary>
    public int LastTokens { get; private init; }

    /// <summary>The biases, by ascending token; default unless the kind is
    /// <see cref="SamplerStageKind.LogitBias"/>.</summary>
    public ImmutableArray<TokenBias> Biases { get; private init; }

    /// <summary>The tokens no repetition of DRY reaches across, ascending; default unless the kind is
    /// <see cref="SamplerStageKind.Dry"/>.</summary>
    public ImmutableArray<int> Breakers { get; private init; }

    /// <summary>logit[token] += bias.</summary>
    /// <param name="biases">Tokens and finite biases; negative infinity bans a token.</param>
    /// <returns>The stage.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A token is negative or a bias is NaN or positive
    /// infinity.</exception>
    /// <exception cref="ArgumentException">A token is named twice.</exception>
    public static SamplerStage LogitBias(IEnumerable<KeyValuePair<int, float>> biases)
    {
        ArgumentNullException.ThrowIfNull(biases);
        var list = new List<TokenBias>();
        foreach (KeyValuePair<int, float> pair in biases)
        {
            SamplerRules.Require(
                pair.Key >= 0, nameof(biases), pair.Key, "A token of the logit bias must be 0 or more.");
            SamplerRules.Require(
                pair.Value < float.PositiveInfinity, nameof(biases), pair.Value,
                "A logit bias must be a finite number, or negative infinity to ban the token.");
            list.Add(new TokenBias(pair.Key, pair.Value));
        }

        list.Sort((a, b) => a.Token.CompareTo(b.Token));
        for (int i = 1; i < list.Count; i++)
        {
            if (list[i].Token == list[i - 1].Token)
            {
                throw new ArgumentException($"Token {list[i].Token} has two logit biases: give one.", nameof(biases));
            }
        }

        return new SamplerStage(SamplerStageKind.LogitBias) { Biases = [.. list] };
    }

    /// <summary>logit /= penalty where positive, logit *= penalty elsewhere; once for every distinct token of the last
    /// tokens.</summary>
    /// <param name="penalty">Above 0; 1 changes nothing, above 1 discourages.</param>
    /// <param name="lastTokens">How many of the last tokens count; -1 for all.</param>
    /// <returns>The stage.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A rule above is broken.</exception>
    public static SamplerStage RepetitionPenalty(float penalty, int lastTokens)
    {
        SamplerRules.Require(
            float.IsFinite(penalty) && penalty > 0, nameof(penalty), penalty,
            "The repetition penalty must be finite and above 0 (1 = off).");
        return new SamplerStage(SamplerStageKind.RepetitionPenalty)
        {
            Value = penalty,
            LastTokens = SamplerRules.LastTokens(lastTokens),
        };
    }

    /// <summary>logit -= penalty * (occurrences among the last tokens).</summary>
    /// <param name="penalty">Finite; 0 changes nothing, negative encourages.</param>
    /// <param name="lastTokens">How many of the last tokens count; -1 for all.</param>
    /// <returns>The stage.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A rule above is broken.</exception>
    public static SamplerStage FrequencyPenalty(float penalty, int lastTokens)
    {
        SamplerRules.Require(
            float.IsFinite(penalty), nameof(penalty), penalty, "The frequency penalty must be finite (0 = off).");
        return new SamplerStage(SamplerStageKind.FrequencyPenalty)
        {
            Value = penalty,
            LastTokens = SamplerRules.LastTokens(lastTokens),
        };
    }

    /// <summary>logit -= penalty for every token that occurs among the last tokens.</summary>
    /// <param name="penalty">Finite; 0 changes nothing, negative encourages.</param>
    /// <param name="lastTokens">How many of the last tokens count; -1 for all.</param>
    /// <returns>The stage.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A rule above is broken.</exception>
    public static SamplerStage PresencePenalty(float penalty, int lastTokens)
    {
        SamplerRules.Require(
            float.IsFinite(penalty), nameof(penalty), penalty, "The presence penalty must be finite (0 = off).");
        return new SamplerStage(SamplerStageKind.PresencePenalty)
        {
            Value = penalty,
            LastTokens = SamplerRules.LastTokens(lastTokens),
        };
    }

    /// <summary>
    /// logit[t] -= multiplier * base^(m - allowed) where m, the length of the longest end of the history that also
    /// occurred earlier right before t, is at
    /// least allowed. The exponent stops where the power would leave the range of a float. Breakers end a match and
    /// are never penalized themselves.
    /// </summary>
    /// <param name="multiplier">0 or more; 0 changes nothing.</param>
    /// <param name="growth">The base: 1 or more.</param>
    /// <param name="allowedLength">The length of a repetition that is still free, plus one: 1 or more, in
    /// tokens.</param>
    /// <param name="lastTokens">How many of the last tokens are searched; -1 for all.</param>
    /// <param name="breakers">Tokens that no match reaches across.</param>
    /// <returns>The stage.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A rule above is broken.</exception>
    public static SamplerStage Dry(
        float multiplier, float growth, int allowedLength, int lastTokens, IEnumerable<int> breakers)
    {
        ArgumentNullException.ThrowIfNull(breakers);
        SamplerRules.Require(
            float.IsFinite(multiplier) && multiplier >= 0, nameof(multiplier), multiplier,
            "The DRY multiplier must be finite and at least 0 (0 = off).");
        SamplerRules.Require(
            float.IsFinite(growth) && growth >= 1, nameof(growth), growth,
            "The DRY base must be finite and at least 1.");
        SamplerRules.Require(
            allowedLength >= 1, nameof(allowedLength), allowedLength,
            "The allowed length of DRY must be at least 1 token.");
        return new SamplerStage(SamplerStageKind.Dry)
        {
            Value = multiplier,
            Second = growth,
            Count = allowedLength,
            LastTokens = SamplerRules.LastTokens(lastTokens),
            Breakers = [.. new SortedSet<int>(breakers)],
        };
    }

    /// <summary>Keeps logit >= max - n * (population standard deviation of the finite logits).</summary>
    /// <param name="n">0 or more; 0 changes nothing.</param>
    /// <returns>The stage.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A rule above is broken.</exception>
    public static SamplerStage TopNSigma(float n)
    {
        SamplerRules.Require(
            float.IsFinite(n) && n >= 0, nameof(n), n, "n of top-n-sigma must be finite and at least 0 (0 = off).");
        return new SamplerStage(SamplerStageKind.TopNSigma) { Value = n };
    }

    /// <summary>Keeps the k largest logits; of equal ones the lower tokens.</summary>
    /// <param name="k">0 or more; 0 changes nothing.</param>
    /// <returns>The stage.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A rule above is broken.</exception>
    public static SamplerStage TopK(int k)
    {
        SamplerRules.Require(k >= 0, nameof(k), k, "Top-k must be at least 0 (0 = off).");
        return new SamplerStage(SamplerStageKind.TopK) { Count = k };
    }

    /// <summary>Keeps tokens by ascending |-ln p - entropy| until their probabilities sum to more than p; at least
    /// one.</summary>
    /// <param name="p">0 to 1; 1 changes nothing.</param>
    /// <returns>The stage.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A rule above is broken.</exception>
    public static SamplerStage Typical(float p) =>
        new(SamplerStageKind.Typical) { Value = SamplerRules.Share(p, "Typical p must be from 0 to 1 (1 = off).") };

    /// <summary>Keeps tokens by descending probability until their sum reaches p; the one that reaches it stays, so at
    /// least one stays.</summary>
    /// <param name="p">0 to 1; 1 changes nothing.</param>
    /// <returns>The stage.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A rule above is broken.</exception>
    public static SamplerStage TopP(float p) =>
        new(SamplerStageKind.TopP) { Value = SamplerRules.Share(p, "Top-p must be from 0 to 1 (1 = off).") };

    /// <summary>Keeps tokens with a probability of at least p times the largest.</summary>
    /// <param name="p">0 to 1; 0 changes nothing.</param>
    /// <returns>The stage.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A rule above is broken.</exception>
    public static SamplerStage MinP(float p) =>
        new(SamplerStageKind.MinP) { Value = SamplerRules.Share(p, "Min-p must be from 0 to 1 (0 = off).") };

    /// <summary>With the given probability, and if two tokens or more reach the threshold, removes all of those but
    /// the least probable.</summary>
    /// <param name="probability">0 to 1; 0 changes nothing.</param>
    /// <param name="threshold">Above 0, at most 1; above 0.5 nothing can happen.</param>
    /// <returns>The stage.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A rule above is broken.</exception>
    public static SamplerStage Xtc(float probability, float threshold)
    {
        SamplerRules.Share(probability, "The probability of XTC must be from 0 to 1 (0 = off).");
        SamplerRules.Require(
            threshold > 0 && threshold <= 1, nameof(threshold), threshold,
            "The threshold of XTC must be above 0 and at most 1.");
        return new SamplerStage(SamplerStageKind.Xtc) { Value = probability, Second = threshold };
    }

    /// <summary>logit /= temperature.</summary>
    /// <param name="temperature">Finite and above 0; for 0 use <see cref="Greedy"/>.</param>
    /// <returns>The stage.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A rule above is broken.</exception>
    public static SamplerStage Temperature(float temperature)
    {
        SamplerRules.Require(
            float.IsFinite(temperature) && temperature > 0, nameof(temperature), temperature,
            "The temperature of a stage must be finite and above 0; for 0 use the greedy stage.");
        return new SamplerStage(SamplerStageKind.Temperature) { Value = temperature };
    }

    /// <summary>
    /// Drops tokens with -log2 p above mu (the most probable stays), draws, and steers: mu -= eta * (-log2 of the
    /// drawn token's renormalized
    /// probability - tau). mu starts at 2 tau and lives in the <see cref="SamplerState"/>. Must be the last stage.
    /// </summary>
    /// <param name="tau">The surprise aimed at, in bits: finite and above 0.</param>
    /// <param name="eta">The step: finite and at least 0.</param>
    /// <returns>The stage.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A rule above is broken.</exception>
    public static SamplerStage MirostatV2(float tau, float eta)
    {
        SamplerRules.Require(
            float.IsFinite(tau) && tau > 0, nameof(tau), tau, "Tau of mirostat must be finite and above 0.");
        SamplerRules.Require(
            float.IsFinite(eta) && eta >= 0, nameof(eta), eta, "Eta of mirostat must be finite and at least 0.");
        return new SamplerStage(SamplerStageKind.MirostatV2) { Value = tau, Second = eta };
    }

    /// <summary>Takes the largest logit, of equal ones the lowest token. Must be the last stage.</summary>
    /// <returns>The stage.</returns>
    public static SamplerStage Greedy() => new(SamplerStageKind.Greedy);
}
