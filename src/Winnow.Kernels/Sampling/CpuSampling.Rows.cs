using System;
using System.Runtime.InteropServices;

namespace Winnow.Kernels.Sampling;

/// <content>Operations on rows in tensors.</content>
public sealed unsafe partial class CpuSampling
{
    /// <inheritdoc/>
    public void SampleRows(in SamplingBatch batch)
    {
        SamplingShape shape = SamplingChecks.Batch(batch);
        SamplingScratch scratch = Rent(shape.Vocab);
        try
        {
            for (int r = 0; r < shape.Rows; r++)
            {
                SampleRow(batch, shape, r, scratch);
            }
        }
        finally
        {
            Return(scratch);
        }
    }

    /// <inheritdoc/>
    public void ArgMaxRows(Tensor tokens, Tensor logits)
    {
        (int rows, int vocab) = SamplingChecks.Logits(logits);
        Operands.Require(tokens, DType.I32, rows);
        Span<int> result = SpanOf<int>(tokens, 0, rows);
        for (int r = 0; r < rows; r++)
        {
            ReadOnlySpan<float> row = SpanOf<float>(logits, (long)r * vocab, vocab);
            bool hasNaN = false;
            float maximum = RowMath.Maximum(row, ref hasNaN);
            result[r] = hasNaN || float.IsNegativeInfinity(maximum) ? -1 : RowMath.FirstIndex(row, maximum);
        }
    }

    /// <inheritdoc/>
    public void TopRows(Tensor tokens, Tensor logProbabilities, Tensor logits)
    {
        (int rows, int vocab) = SamplingChecks.Logits(logits);
        int count = SamplingChecks.Top(tokens, logProbabilities, rows);
        SamplingScratch scratch = Rent(vocab);
        try
        {
            for (int r = 0; r < rows; r++)
            {
                Span<int> rowTokens = SpanOf<int>(tokens, (long)r * count, count);
                Span<float> rowLogs = SpanOf<float>(logProbabilities, (long)r * count, count);
                ReadOnlySpan<float> row = SpanOf<float>(logits, (long)r * vocab, vocab);
                RowStatistics statistics = RowMath.Scan(row);
                if (statistics.Status == SamplingStatus.Chosen)
                {
                    WriteTop(row, statistics, rowTokens, rowLogs, scratch);
                    continue;
                }

                rowTokens.Fill(-1);
                rowLogs.Fill(float.NaN);
            }
        }
        finally
        {
            Return(scratch);
        }
    }

    /// <inheritdoc/>
    public void LogSoftmaxRows(Tensor output, Tensor logits)
    {
        (int rows, int vocab) = SamplingChecks.Logits(logits);
        Operands.Require(output, DType.F32, logits.Shape.ElementCount);
        for (int r = 0; r < rows; r++)
        {
            ReadOnlySpan<float> row = SpanOf<float>(logits, (long)r * vocab, vocab);
            Span<float> target = SpanOf<float>(output, (long)r * vocab, vocab);
            RowStatistics statistics = RowMath.Scan(row);
            double logSum = statistics.Status == SamplingStatus.Chosen ? Math.Log(statistics.SumExp) : double.NaN;
            for (int i = 0; i < vocab; i++)
            {
                target[i] = (float)Math.Min(0, (double)row[i] - statistics.Maximum - logSum);
            }
        }
    }

    private static Span<T> SpanOf<T>(Tensor tensor, long first, int count)
        where T : unmanaged => new((T*)tensor.Address + first, count);

    private static bool Has(in SamplingRow parameters, SamplingPlan plan) => (parameters.Plan & plan) != 0;

    private static void SampleRow(in SamplingBatch batch, in SamplingShape shape, int r, SamplingScratch scratch)
    {
        ref SamplingRow parameters = ref MemoryMarshal.Cast<byte, SamplingRow>(SpanOf<byte>(batch.Rows, 0, (int)batch.Rows.Bytes))[r];
        if (!Has(parameters, SamplingPlan.Active))
        {
            return;
        }

        ReadOnlySpan<float> logits = SpanOf<float>(batch.Logits, (long)r * shape.Vocab, shape.Vocab);
        RowStatistics statistics = RowMath.Scan(logits);
        SamplingStatus status = statistics.Status;
        int token = 0;
        if (status == SamplingStatus.Chosen)
        {
            if (shape.Top > 0)
            {
                long first = (long)r * shape.Top;
                WriteTop(
                    logits, statistics, SpanOf<int>(batch.TopTokens, first, shape.Top),
                    SpanOf<float>(batch.TopLogProbabilities, first, shape.Top), scratch);
            }

            var row = new CandidateRow(logits, scratch);
            status = Modify(ref row, batch, parameters);
            token = status == SamplingStatus.Chosen ? Finish(ref row, parameters) : 0;
        }

        bool chosen = status == SamplingStatus.Chosen;
        SpanOf<int>(batch.Statuses, r, 1)[0] = (int)status;
        SpanOf<int>(batch.Tokens, r, 1)[0] = token;
        SpanOf<float>(batch.LogProbabilities, r, 1)[0] = chosen ? statistics.LogProbability(logits[token]) : float.NaN;
        if (chosen && batch.Advance)
        {
            Advance(batch, shape, ref parameters, token);
        }
    }

    private static void Advance(in SamplingBatch batch, in SamplingShape shape, ref SamplingRow parameters, int token)
    {
        int length = parameters.HistoryLength;
        if (shape.HistoryCapacity > 0)
        {
            HistoryOf(batch.History, parameters.HistorySlot)[length % shape.HistoryCapacity] = token;
            length++;
        }

        parameters = parameters with { Position = parameters.Position + 1, HistoryLength = length };
    }

    private static Span<int> HistoryOf(Tensor history, int slot) => SpanOf<int>(history.Rows(slot, 1), 0, (int)history.Shape[1]);

    private static SamplingStatus Modify(ref CandidateRow row, in SamplingBatch batch, in SamplingRow parameters)
    {
        if (parameters.BiasCount == 0 && !Has(parameters, SamplingPlan.Penalties))
        {
            return SamplingStatus.Chosen;
        }

        if (parameters.BiasCount > 0)
        {
            Tensor biases = batch.Biases.Rows(parameters.BiasStart, parameters.BiasCount);
            foreach (TokenBias bias in SpanOf<TokenBias>(biases, 0, parameters.BiasCount))
            {
                HistoryStages.Bias(ref row, bias);
            }
        }

        if (Has(parameters, SamplingPlan.Penalties))
        {
            Penalize(ref row, HistoryOf(batch.History, parameters.HistorySlot), parameters);
        }

        bool hasNaN = false;
        float maximum = RowMath.Maximum(row.Values, ref hasNaN);
        return hasNaN || float.IsPositiveInfinity(maximum) ? SamplingStatus.Overflow
            : float.IsNegativeInfinity(maximum) ? SamplingStatus.AllBanned
            : SamplingStatus.Chosen;
    }

    private static void Penalize(ref CandidateRow row, ReadOnlySpan<int> history, in SamplingRow parameters)
    {
        int room = Math.Min(parameters.Window, history.Length), count = Math.Min(room, parameters.HistoryLength);

        // By what the history has room for, not by what it holds, so that it does not grow token by token.
        row.Scratch.ReserveWindow(room);
        Span<int> window = row.Scratch.Window.AsSpan(0, count);
        for (int i = 0; i < count; i++)
        {
            window[i] = history[(parameters.HistoryLength - count + i) % history.Length];
        }

        if (Has(parameters, SamplingPlan.Repetition))
        {
            HistoryStages.Penalize(ref row, SamplerStageKind.RepetitionPenalty, parameters.RepetitionPenalty, window);
        }

        if (Has(parameters, SamplingPlan.Frequency))
        {
            HistoryStages.Penalize(ref row, SamplerStageKind.FrequencyPenalty, parameters.FrequencyPenalty, window);
        }

        if (Has(parameters, SamplingPlan.Presence))
        {
            HistoryStages.Penalize(ref row, SamplerStageKind.PresencePenalty, parameters.PresencePenalty, window);
        }
    }

    private static int Finish(ref CandidateRow row, in SamplingRow parameters)
    {
        for (int i = 0; parameters.StageAt(i) is SamplerStageKind kind and not SamplerStageKind.None; i++)
        {
            switch (kind)
            {
                case SamplerStageKind.Temperature:
                    row.Divide(parameters.Temperature);
                    break;
                case SamplerStageKind.TopK:
                    TruncationStages.TopK(ref row, parameters.TopK);
                    break;
                case SamplerStageKind.TopP:
                    TruncationStages.TopP(ref row, parameters.TopP);
                    break;
                default:
                    TruncationStages.Near(ref row, parameters.LogMinP);
                    break;
            }
        }

        float maximum = row.Maximum();
        if (Has(parameters, SamplingPlan.Greedy))
        {
            return row.Token(RowMath.FirstIndex(row.Values, maximum));
        }

        Span<float> weights = row.Scratch.Weights.AsSpan(0, row.Count);
        RowMath.WriteExp(row.Values, maximum, weights);
        return row.Token(Draw(weights, Philox.Uniform(parameters.Seed, parameters.Sequence, parameters.Position, RandomPurpose.Draw)));
    }

    private static void WriteTop(
        ReadOnlySpan<float> logits, in RowStatistics statistics, Span<int> tokens, Span<float> logProbabilities, SamplingScratch scratch)
    {
        Span<TokenLogProbability> top = stackalloc TokenLogProbability[SamplingChecks.TopLimit];
        int written = WriteTop(logits, statistics, top[..tokens.Length], scratch);
        for (int i = 0; i < tokens.Length; i++)
        {
            (tokens[i], logProbabilities[i]) = i < written ? (top[i].Token, top[i].LogProbability) : (-1, float.NegativeInfinity);
        }
    }
}
