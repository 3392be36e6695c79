using System;
using System.Collections.Generic;
using System.Threading;

namespace Winnow.Kernels.Sampling;

/// <summary>The CPU form of the sampling family. Safe for use by several threads; after warm-up it allocates
/// nothing.</summary>
/// <remarks>
/// The draw is by inverse distribution function over the surviving tokens in ascending order, with one uniform number
/// of 53 bits. exp and the scores are single precision; what decides is summed exactly, in units of 2^-40 of the weight of the best token,
/// so that a GPU decides the same. Distributions are summed in double; tokens more than e^87 times less probable than the best one count
/// as impossible in them.
/// </remarks>
public sealed partial class CpuSampling : ISampling
{
    private const int DrawBlock = 256;

    private readonly Lock _lock = new();
    private readonly Stack<SamplingScratch> _free = new();

    /// <inheritdoc/>
    public SampleResult Sample(
        ReadOnlySpan<float> logits, SamplerChain chain, SamplerState state, ulong sequence, long position,
        Span<TokenLogProbability> top = default)
    {
        CheckArguments(logits, chain, state, position);
        RowStatistics statistics = RowMath.Scan(logits);
        statistics.Check();
        if (chain.IsGreedyOnly && top.IsEmpty)
        {
            return new SampleResult(statistics.ArgMax, statistics.LogProbability(statistics.Maximum), 0);
        }

        SamplingScratch scratch = Rent(logits.Length);
        try
        {
            int written = WriteTop(logits, statistics, top, scratch);
            var row = new CandidateRow(logits, scratch);
            Run(ref row, chain, state, sequence, position);
            int token = Choose(row, chain, state, sequence, position);
            return new SampleResult(token, statistics.LogProbability(logits[token]), written);
        }
        finally
        {
            Return(scratch);
        }
    }

    /// <inheritdoc/>
    public void Distribution(
        ReadOnlySpan<float> logits, SamplerChain chain, SamplerState state, ulong sequence, long position,
        Span<float> probabilities)
    {
        CheckArguments(logits, chain, state, position);
        if (probabilities.Length != logits.Length)
        {
            throw new ArgumentException(
                $"The probabilities have {probabilities.Length} entries and the row {logits.Length}: they must have as many.", nameof(probabilities));
        }

        RowMath.Scan(logits).Check();
        SamplingScratch scratch = Rent(logits.Length);
        try
        {
            var row = new CandidateRow(logits, scratch);
            Run(ref row, chain, state, sequence, position);
            WriteDistribution(row, IsGreedy(chain), probabilities);
        }
        finally
        {
            Return(scratch);
        }
    }

    private static void CheckArguments(
        ReadOnlySpan<float> logits, SamplerChain chain, SamplerState state, long position)
    {
        ArgumentNullException.ThrowIfNull(chain);
        ArgumentNullException.ThrowIfNull(state);
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(position, Philox.PositionLimit);
        if (logits.IsEmpty)
        {
            throw new ArgumentException(
                "The row of logits is empty: it must have one entry for each token.", nameof(logits));
        }

        if (logits.Length > FixedMass.TokenLimit)
        {
            throw new ArgumentException(
                $"The row of logits has {logits.Length} entries: at most {FixedMass.TokenLimit} tokens can be sampled from.", nameof(logits));
        }

        if (chain.LargestBiasedToken >= logits.Length)
        {
            throw new ArgumentException(
                $"The logit bias names token {chain.LargestBiasedToken}, but the vocabulary has {logits.Length} tokens.", nameof(chain));
        }
    }

    private static bool IsGreedy(SamplerChain chain) => chain.Stages is [.., { Kind: SamplerStageKind.Greedy }];

    private static void Run(ref CandidateRow row, SamplerChain chain, SamplerState state, ulong sequence, long position)
    {
        foreach (ref readonly SamplerStage stage in chain.Stages.AsSpan())
        {
            switch (stage.Kind)
            {
                case SamplerStageKind.LogitBias:
                    HistoryStages.Bias(ref row, stage);
                    break;
                case SamplerStageKind.RepetitionPenalty or SamplerStageKind.FrequencyPenalty or SamplerStageKind.PresencePenalty:
                    HistoryStages.Penalize(ref row, stage.Kind, stage.Value, state.Last(stage.LastTokens));
                    break;
                case SamplerStageKind.Dry:
                    HistoryStages.Dry(ref row, stage, state);
                    break;
                case SamplerStageKind.TopNSigma:
                    TruncationStages.TopNSigma(ref row, stage.Value);
                    break;
                case SamplerStageKind.TopK:
                    TruncationStages.TopK(ref row, stage.Count);
                    break;
                case SamplerStageKind.Typical:
                    TruncationStages.Typical(ref row, stage.Value);
                    break;
                case SamplerStageKind.TopP:
                    TruncationStages.TopP(ref row, stage.Value);
                    break;
                case SamplerStageKind.MinP:
                    TruncationStages.MinP(ref row, stage.Value);
                    break;
                case SamplerStageKind.Xtc:
                    TruncationStages.Xtc(
                        ref row, stage, Philox.Uniform(chain.Seed, sequence, position, RandomPurpose.Xtc));
                    break;
                case SamplerStageKind.Temperature:
                    row.Divide(stage.Value);
                    break;
                case SamplerStageKind.MirostatV2:
                    TruncationStages.Surprise(ref row, MirostatBound(stage, state));
                    break;
            }
        }
    }

    private static double MirostatBound(in SamplerStage stage, SamplerState state) =>
        float.IsNaN(state.MirostatMu) ? 2 * stage.Value : state.MirostatMu;

    private static int Choose(
        in CandidateRow row, SamplerChain chain, SamplerState state, ulong sequence, long position)
    {
        float maximum = row.Maximum();
        if (IsGreedy(chain))
        {
            return row.Token(RowMath.FirstIndex(row.Values, maximum));
        }

        Span<float> weights = row.Scratch.Weights.AsSpan(0, row.Count);
        double sum = RowMath.WriteExp(row.Values, maximum, weights);
        int index = Draw(weights, Philox.Uniform(chain.Seed, sequence, position, RandomPurpose.Draw));
        int token = row.Token(index);
        if (chain.Stages is [.., { Kind: SamplerStageKind.MirostatV2 } stage])
        {
            double surprise = -Math.Log2(weights[index] / sum);
            state.Propose(token, (float)(MirostatBound(stage, state) - (stage.Second * (surprise - stage.Value))));
        }

        return token;
    }

    /// <summary>The first index at which the running sum exceeds a part, below 1, of the whole: never one without weight.</summary>
    internal static int Draw(ReadOnlySpan<float> weights, double part)
    {
        long sum = FixedMass.Sum(weights);

        // The product may be rounded up to the whole, which no running sum exceeds.
        long target = Math.Min((long)(part * sum), sum - 1);
        long before = 0;
        int start = 0;
        for (; start + DrawBlock < weights.Length; start += DrawBlock)
        {
            long withBlock = before + FixedMass.Sum(weights.Slice(start, DrawBlock));
            if (withBlock > target)
            {
                break;
            }

            before = withBlock;
        }

        int index = start;
        for (before += FixedMass.Of(weights[index]); before <= target; before += FixedMass.Of(weights[index]))
        {
            index++;
        }

        return index;
    }

    private static void WriteDistribution(in CandidateRow row, bool greedy, Span<float> probabilities)
    {
        float maximum = row.Maximum();
        probabilities.Clear();
        if (greedy)
        {
            probabilities[row.Token(RowMath.FirstIndex(row.Values, maximum))] = 1;
            return;
        }

        Span<float> weights = row.Scratch.Weights.AsSpan(0, row.Count);
        double sum = RowMath.WriteExp(row.Values, maximum, weights);
        for (int i = 0; i < weights.Length; i++)
        {
            probabilities[row.Token(i)] = (float)(weights[i] / sum);
        }
    }

    private static int WriteTop(
        ReadOnlySpan<float> logits, in RowStatistics statistics, Span<TokenLogProbability> top, SamplingScratch scratch)
    {
        if (top.IsEmpty)
        {
            return 0;
        }

        var row = new CandidateRow(logits, scratch);
        TruncationStages.TopK(ref row, top.Length);
        row.KeepAtLeast(double.NegativeInfinity);
        Span<int> order = scratch.Order.AsSpan(0, row.Count);
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        Selection.Sort(order, new ScoreOrder(row.Values));
        for (int i = 0; i < order.Length; i++)
        {
            top[i] = new TokenLogProbability(row.Token(order[i]), statistics.LogProbability(row.Values[order[i]]));
        }

        return order.Length;
    }

    private SamplingScratch Rent(int vocab)
    {
        SamplingScratch? scratch;
        lock (_lock)
        {
            _free.TryPop(out scratch);
        }

        scratch ??= new SamplingScratch();
        scratch.ReserveRow(vocab);
        return scratch;
    }

    private void Return(SamplingScratch scratch)
    {
        lock (_lock)
        {
            _free.Push(scratch);
        }
    }
}
