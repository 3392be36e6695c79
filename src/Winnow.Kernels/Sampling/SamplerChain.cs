using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Security.Cryptography;

namespace Winnow.Kernels.Sampling;

/// <summary>
/// An immutable list of stages that a row of logits passes in order, and the seed of its random numbers. Plain data: a
/// family executes it.
/// Where neither a greedy nor a mirostat stage ends it, the token is drawn from the softmax of what the stages leave.
/// </summary>
/// <remarks>
/// The default order is <see cref="SamplerOrder.TruncateThenScale"/>. With temperature 0 the chain is bias, penalties,
/// DRY, greedy; with mirostat it is
/// bias, penalties, DRY, temperature, mirostat. Stages that are off are left out.
/// </remarks>
public sealed class SamplerChain
{
    private const int DefaultPenaltyLastTokens = 64;

    private static readonly SamplerStageKind[] History =
    [
        SamplerStageKind.LogitBias, SamplerStageKind.RepetitionPenalty, SamplerStageKind.FrequencyPenalty,
        SamplerStageKind.PresencePenalty, SamplerStageKind.Dry,
    ];

    private static readonly SamplerStageKind[] TruncateThenScale =
    [
        .. History, SamplerStageKind.TopNSigma, SamplerStageKind.TopK, SamplerStageKind.Typical, SamplerStageKind.TopP,
        SamplerStageKind.MinP,
        SamplerStageKind.Xtc, SamplerStageKind.Temperature, SamplerStageKind.MirostatV2,
    ];

    private static readonly SamplerStageKind[] ScaleThenTopK =
    [
        .. History, SamplerStageKind.Temperature, SamplerStageKind.TopK, SamplerStageKind.TopP, SamplerStageKind.MinP,
        SamplerStageKind.Typical,
        SamplerStageKind.TopNSigma, SamplerStageKind.Xtc, SamplerStageKind.MirostatV2,
    ];

    private static readonly SamplerStageKind[] ScaleThenMinP =
    [
        .. History, SamplerStageKind.Temperature, SamplerStageKind.MinP, SamplerStageKind.TopK, SamplerStageKind.TopP,
        SamplerStageKind.Typical,
        SamplerStageKind.TopNSigma, SamplerStageKind.Xtc, SamplerStageKind.MirostatV2,
    ];

    private SamplerChain(ImmutableArray<SamplerStage> stages, ulong seed)
    {
        Stages = stages;
        Seed = seed;
        foreach (SamplerStage stage in stages)
        {
            if (stage.Kind == SamplerStageKind.LogitBias && stage.Biases.Length > 0)
            {
                LargestBiasedToken = stage.Biases[^1].Token;
            }
        }
    }

    /// <summary>The stages, in the order in which they act.</summary>
    public ImmutableArray<SamplerStage> Stages { get; }

    /// <summary>The seed: the one asked for, or the random one that was chosen.</summary>
    public ulong Seed { get; }

    /// <summary>Whether the chain only takes the largest logit.</summary>
    public bool IsGreedyOnly => Stages.Length == 1 && Stages[0].Kind == SamplerStageKind.Greedy;

    /// <summary>Whether some stage looks at the tokens before; if not, the history of the state has no
    /// influence.</summary>
    public bool UsesHistory
    {
        get
        {
            foreach (SamplerStage stage in Stages)
            {
                if (stage.Kind is SamplerStageKind.RepetitionPenalty or SamplerStageKind.FrequencyPenalty or SamplerStageKind.PresencePenalty
                    or SamplerStageKind.Dry or SamplerStageKind.MirostatV2)
                {
                    return true;
                }
            }

            return false;
        }
    }

    internal int LargestBiasedToken { get; } = -1;

    /// <summary>The chain that the parameters ask for, in the default order
    /// <see cref="SamplerOrder.TruncateThenScale"/>.</summary>
    /// <param name="parameters">The parameters; null members are off.</param>
    /// <returns>The chain.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A parameter breaks the rule that the message states.</exception>
    /// <exception cref="ArgumentException">Mirostat is combined with truncation, or its eta is given without its
    /// tau.</exception>
    public static SamplerChain Create(SamplingParameters parameters) =>
        Create(parameters, SamplerOrder.TruncateThenScale);

    /// <summary>The chain that the parameters ask for, in a named order.</summary>
    /// <param name="parameters">The parameters; null members are off.</param>
    /// <param name="order">The order of the stages.</param>
    /// <returns>The chain.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A parameter breaks the rule that the message states.</exception>
    /// <exception cref="ArgumentException">Mirostat is combined with truncation, or its eta is given without its
    /// tau.</exception>
    public static SamplerChain Create(SamplingParameters parameters, SamplerOrder order)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        SamplerStageKind[] kinds = order switch
        {
            SamplerOrder.TruncateThenScale => TruncateThenScale,
            SamplerOrder.ScaleThenTopK => ScaleThenTopK,
            SamplerOrder.ScaleThenMinP => ScaleThenMinP,
            _ => throw new ArgumentOutOfRangeException(
                nameof(order), order, "The order must be one of the named ones."),
        };
        bool greedy = parameters.Temperature == 0;
        ImmutableArray<SamplerStage>.Builder stages = ImmutableArray.CreateBuilder<SamplerStage>();
        bool truncated = false;
        foreach (SamplerStageKind kind in kinds)
        {
            // Made even where greedy leaves it out, so that a bad number is reported all the same.
            SamplerStage? stage = MakeHistoryStage(kind, parameters) ?? MakeStage(kind, parameters);
            bool keep = stage is not null && (!greedy || Array.IndexOf(History, kind) >= 0);
            truncated |= stage is not null && Truncates(kind);
            if (keep)
            {
                stages.Add(stage!.Value);
            }
        }

        CheckMirostat(parameters, truncated);
        if (greedy)
        {
            stages.Add(SamplerStage.Greedy());
        }

        return Create(stages.ToImmutable(), parameters.Seed);
    }

    /// <summary>A chain of stages in any order.</summary>
    /// <param name="stages">The stages: each kind at most once, greedy or mirostat only at the end. An empty list
    /// draws from the softmax.</param>
    /// <param name="seed">The seed; null for a random one.</param>
    /// <returns>The chain.</returns>
    /// <exception cref="ArgumentException">A kind occurs twice, is none, or stands behind one that ends the
    /// chain.</exception>
    public static SamplerChain Create(IEnumerable<SamplerStage> stages, ulong? seed = null)
    {
        ArgumentNullException.ThrowIfNull(stages);
        ImmutableArray<SamplerStage> list = [.. stages];
        var seen = new HashSet<SamplerStageKind>();
        for (int i = 0; i < list.Length; i++)
        {
            SamplerStageKind kind = list[i].Kind;
            if (kind == SamplerStageKind.None)
            {
                throw new ArgumentException(
                    $"Stage {i} is empty: make stages by the methods of SamplerStage.", nameof(stages));
            }

            if (!seen.Add(kind))
            {
                throw new ArgumentException(
                    $"The chain has two stages {kind}: each kind may occur once.", nameof(stages));
            }

            if (kind is SamplerStageKind.Greedy or SamplerStageKind.MirostatV2 && i != list.Length - 1)
            {
                throw new ArgumentException($"{kind} chooses the token, so it must be the last stage.", nameof(stages));
            }
        }

        return new SamplerChain(list, seed ?? RandomSeed());
    }

    private static SamplerStage? MakeHistoryStage(SamplerStageKind kind, SamplingParameters p)
    {
        int window = p.PenaltyLastTokens ?? DefaultPenaltyLastTokens;
        switch (kind)
        {
            case SamplerStageKind.LogitBias when p.LogitBias is { Count: > 0 } biases:
                return SamplerStage.LogitBias(biases);
            case SamplerStageKind.RepetitionPenalty when p.RepetitionPenalty is float penalty:
                return Unless(penalty == 1 || window == 0, SamplerStage.RepetitionPenalty(penalty, window));
            case SamplerStageKind.FrequencyPenalty when p.FrequencyPenalty is float penalty:
                return Unless(penalty == 0 || window == 0, SamplerStage.FrequencyPenalty(penalty, window));
            case SamplerStageKind.PresencePenalty when p.PresencePenalty is float penalty:
                return Unless(penalty == 0 || window == 0, SamplerStage.PresencePenalty(penalty, window));
            case SamplerStageKind.Dry when p.DryMultiplier is float multiplier:
                SamplerStage dry = SamplerStage.Dry(
                    multiplier, p.DryBase ?? 1.75f, p.DryAllowedLength ?? 2, p.DryLastTokens ?? -1, p.DryBreakers ?? []);
                return Unless(multiplier == 0 || dry.LastTokens == 0, dry);
            default:
                return null;
        }
    }

    private static SamplerStage? MakeStage(SamplerStageKind kind, SamplingParameters p) => kind switch
    {
        SamplerStageKind.TopNSigma when p.TopNSigma is float n => Unless(n == 0, SamplerStage.TopNSigma(n)),
        SamplerStageKind.TopK when p.TopK is int k => Unless(k == 0, SamplerStage.TopK(k)),
        SamplerStageKind.Typical when p.TypicalP is float share => Unless(share == 1, SamplerStage.Typical(share)),
        SamplerStageKind.TopP when p.TopP is float share => Unless(share == 1, SamplerStage.TopP(share)),
        SamplerStageKind.MinP when p.MinP is float share => Unless(share == 0, SamplerStage.MinP(share)),
        SamplerStageKind.Xtc when p.XtcProbability is float probability =>
            Unless(probability == 0, SamplerStage.Xtc(probability, p.XtcThreshold ?? 0.1f)),
        SamplerStageKind.Temperature when p.Temperature is float temperature and not 0 =>
            Unless(temperature == 1, MakeTemperature(temperature)),
        SamplerStageKind.MirostatV2 when p.MirostatTau is float tau =>
            SamplerStage.MirostatV2(tau, p.MirostatEta ?? 0.1f),
        _ => null,
    };

    private static SamplerStage MakeTemperature(float temperature)
    {
        SamplerRules.Require(
            float.IsFinite(temperature) && temperature >= 0, nameof(temperature), temperature,
            "The temperature must be finite and at least 0 (0 = greedy).");
        return SamplerStage.Temperature(temperature);
    }

    private static SamplerStage? Unless(bool off, SamplerStage stage) => off ? null : stage;

    private static bool Truncates(SamplerStageKind kind) =>
        kind is >= SamplerStageKind.TopNSigma and <= SamplerStageKind.Xtc;

    private static void CheckMirostat(SamplingParameters parameters, bool truncated)
    {
        if (parameters.MirostatEta is not null && parameters.MirostatTau is null)
        {
            throw new ArgumentException(
                "Eta of mirostat is given without tau: set MirostatTau to turn mirostat on.", nameof(parameters));
        }

        if (parameters.MirostatTau is not null && truncated)
        {
            throw new ArgumentException(
                "Mirostat takes the place of truncation: leave top-k, top-p, min-p, typical, top-n-sigma and XTC off, or mirostat.", nameof(parameters));
        }
    }

    private static ulong RandomSeed()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(bytes);
        return BitConverter.ToUInt64(bytes);
    }
}
