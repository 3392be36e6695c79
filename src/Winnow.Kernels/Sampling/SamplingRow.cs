using System;
using System.Runtime.InteropServices;

namespace Winnow.Kernels.Sampling;

/// <summary>
/// How one row of a <see cref="SamplingBatch"/> is sampled: a chain as plain data of 80 bytes for device memory. The default value leaves
/// its row alone.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct SamplingRow
{
    /// <summary>The size of a row's parameters.</summary>
    public const int Bytes = 80;

    /// <summary>The most passes that a row needs.</summary>
    public const int MostPasses = 3;

    private const int FirstStageBit = 8;
    private const int StageBits = 4;

    // kShortList of kernels/sampling/candidates.cuh.
    private const int ShortTopK = 256;

    /// <summary>The seed.</summary>
    public ulong Seed { get; init; }

    /// <summary>The number of the sequence: part of the key of its random numbers.</summary>
    public ulong Sequence { get; init; }

    /// <summary>The position of the token to be chosen, likewise: 0 to 2^48 - 1.</summary>
    public long Position { get; init; }

    internal double LogMinP { get; init; }

    internal float Temperature { get; init; }

    internal float TopP { get; init; }

    internal int TopK { get; init; }

    internal float RepetitionPenalty { get; init; }

    internal float FrequencyPenalty { get; init; }

    internal float PresencePenalty { get; init; }

    internal int Window { get; init; }

    /// <summary>How many tokens the sequence has: the next one goes to entry HistoryLength mod capacity of the history.</summary>
    public int HistoryLength { get; init; }

    /// <summary>Which row of the history is this sequence's.</summary>
    public int HistorySlot { get; init; }

    /// <summary>Where this row's part of the biases starts.</summary>
    public int BiasStart { get; init; }

    /// <summary>How many biases this row has: those of the chain, by <see cref="BiasesOf"/>.</summary>
    public int BiasCount { get; init; }

    /// <summary>
    /// How often a device must go through the logits to choose, whatever they are, for <see cref="SamplingBatch.Passes"/>: once for the
    /// largest and where a top-k of at most 256 comes before other cuts, twice where nothing but a min-p cuts, up to <see cref="MostPasses"/>
    /// times otherwise. 0 for a row that is left alone.
    /// </summary>
    public int Passes => !Plan.HasFlag(SamplingPlan.Active) ? 0 : IsLargest() ? 1 : PassesOfStages();

    internal SamplingPlan Plan { get; init; }

    /// <summary>
    /// Whether a chain can be sampled on the device: bias and penalties first, as <see cref="SamplerChain.Create(SamplingParameters)"/>
    /// orders them and over one window that the history holds, then temperature, top-k, top-p and min-p in any order, then greedy or a draw.
    /// </summary>
    /// <param name="chain">The chain.</param>
    /// <param name="historyTokens">How many of the last tokens of a sequence the history holds.</param>
    /// <returns>False where a stage is another one, stands elsewhere or looks farther back.</returns>
    public static bool CanHold(SamplerChain chain, int historyTokens)
    {
        ArgumentNullException.ThrowIfNull(chain);
        SamplerStageKind before = SamplerStageKind.None;
        int window = -1;
        foreach (ref readonly SamplerStage stage in chain.Stages.AsSpan())
        {
            bool early = IsEarly(stage.Kind);
            bool fits = early
                ? stage.Kind > before && IsEarly(before)
                : stage.Kind is SamplerStageKind.Greedy || CodeOf(stage.Kind) != 0;
            if (fits && early && stage.Kind != SamplerStageKind.LogitBias)
            {
                fits = stage.LastTokens >= 0 && stage.LastTokens <= historyTokens && (window < 0 || window == stage.LastTokens);
                window = stage.LastTokens;
            }

            if (!fits)
            {
                return false;
            }

            before = stage.Kind;
        }

        return true;
    }

    /// <summary>The parameters of a chain.</summary>
    /// <param name="chain">A chain for which <see cref="CanHold"/> is true.</param>
    /// <param name="sequence">The number of the sequence.</param>
    /// <param name="position">The position of the token to be chosen.</param>
    /// <returns>The parameters; where the history and the biases lie is for the caller to add.</returns>
    /// <exception cref="ArgumentException">The chain has a stage that the device does not do.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The position is negative or too large.</exception>
    public static SamplingRow Create(SamplerChain chain, ulong sequence, long position)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(position, Philox.PositionLimit);
        if (!CanHold(chain, int.MaxValue))
        {
            throw new ArgumentException(
                "The chain has stages that are not sampled on a device; sample its rows by ISampling.Sample.", nameof(chain));
        }

        var row = new SamplingRow
        {
            Seed = chain.Seed,
            Sequence = sequence,
            Position = position,
            BiasCount = BiasesOf(chain).Length,
            Plan = SamplingPlan.Active,
        };
        int bit = FirstStageBit;
        foreach (ref readonly SamplerStage stage in chain.Stages.AsSpan())
        {
            row = With(row, stage);
            uint code = CodeOf(stage.Kind);
            row = row with { Plan = row.Plan | (SamplingPlan)(code << bit) };
            bit += code == 0 ? 0 : StageBits;
        }

        return row;
    }

    /// <summary>The biases that belong into <see cref="SamplingBatch.Biases"/> for a chain.</summary>
    /// <param name="chain">The chain.</param>
    /// <returns>Its biases, by ascending token; empty where it has none.</returns>
    public static ReadOnlySpan<TokenBias> BiasesOf(SamplerChain chain)
    {
        ArgumentNullException.ThrowIfNull(chain);
        foreach (ref readonly SamplerStage stage in chain.Stages.AsSpan())
        {
            if (stage.Kind == SamplerStageKind.LogitBias)
            {
                return stage.Biases.AsSpan();
            }
        }

        return [];
    }

    /// <summary>The kind of a stage after the penalties, from 0; none where the plan ends.</summary>
    internal SamplerStageKind StageAt(int index)
    {
        int bit = FirstStageBit + (index * StageBits);
        uint code = bit >= 32 ? 0 : ((uint)Plan >> bit) & ((1u << StageBits) - 1);
        return code switch
        {
            1 => SamplerStageKind.Temperature,
            2 => SamplerStageKind.TopK,
            3 => SamplerStageKind.TopP,
            4 => SamplerStageKind.MinP,
            _ => SamplerStageKind.None,
        };
    }

    // No truncation takes the largest away, and without a temperature nothing makes others equal to it.
    private bool IsLargest()
    {
        bool isScaled = false;
        for (int i = 0; StageAt(i) != SamplerStageKind.None; i++)
        {
            isScaled |= StageAt(i) == SamplerStageKind.Temperature;
        }

        return Plan.HasFlag(SamplingPlan.Greedy) && !isScaled;
    }

    // As find_lead() of kernels/sampling/phases.cuh goes through the stages, which knows more: this is the most it can come to.
    private int PassesOfStages()
    {
        bool isCut = false, isLast = false;
        for (int i = 0; StageAt(i) is var stage && stage != SamplerStageKind.None; i++)
        {
            if ((stage == SamplerStageKind.TopK && TopK == int.MaxValue) || (stage == SamplerStageKind.TopP && TopP >= 1))
            {
                continue;
            }

            if (isLast || stage == SamplerStageKind.TopP)
            {
                return MostPasses;
            }

            if (stage == SamplerStageKind.TopK)
            {
                return TopK <= ShortTopK ? 1 : MostPasses;
            }

            isLast = stage == SamplerStageKind.Temperature && isCut;
            isCut |= stage == SamplerStageKind.MinP;
        }

        return Plan.HasFlag(SamplingPlan.Greedy) ? MostPasses : 2;
    }

    private static bool IsEarly(SamplerStageKind kind) =>
        kind is SamplerStageKind.None or SamplerStageKind.LogitBias or SamplerStageKind.RepetitionPenalty
            or SamplerStageKind.FrequencyPenalty or SamplerStageKind.PresencePenalty;

    private static uint CodeOf(SamplerStageKind kind) => kind switch
    {
        SamplerStageKind.Temperature => 1,
        SamplerStageKind.TopK => 2,
        SamplerStageKind.TopP => 3,
        SamplerStageKind.MinP => 4,
        _ => 0,
    };

    private static SamplingRow With(SamplingRow row, in SamplerStage stage) => stage.Kind switch
    {
        SamplerStageKind.RepetitionPenalty =>
            row with { RepetitionPenalty = stage.Value, Window = stage.LastTokens, Plan = row.Plan | SamplingPlan.Repetition },
        SamplerStageKind.FrequencyPenalty =>
            row with { FrequencyPenalty = stage.Value, Window = stage.LastTokens, Plan = row.Plan | SamplingPlan.Frequency },
        SamplerStageKind.PresencePenalty =>
            row with { PresencePenalty = stage.Value, Window = stage.LastTokens, Plan = row.Plan | SamplingPlan.Presence },
        SamplerStageKind.Temperature => row with { Temperature = stage.Value },
        SamplerStageKind.TopK => row with { TopK = stage.Count == 0 ? int.MaxValue : stage.Count },
        SamplerStageKind.TopP => row with { TopP = stage.Value },
        SamplerStageKind.MinP => row with { LogMinP = Math.Log(stage.Value) },
        SamplerStageKind.Greedy => row with { Plan = row.Plan | SamplingPlan.Greedy },
        _ => row,
    };
}
