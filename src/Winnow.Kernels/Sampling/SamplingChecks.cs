namespace Winnow.Kernels.Sampling;

/// <summary>What the operands of sampling must be; shared by all devices, so nothing here reads device memory.</summary>
internal static class SamplingChecks
{
    /// <summary>The longest list of best tokens.</summary>
    public const int TopLimit = 1024;

    /// <summary>The longest history.</summary>
    public const int HistoryLimit = 4096;

    private const int RowAlignment = 16;

    /// <summary>Checks a batch.</summary>
    public static SamplingShape Batch(in SamplingBatch batch)
    {
        (int rows, int vocab) = Logits(batch.Logits);
        Operands.Require(batch.Rows, DType.U8, (long)rows * SamplingRow.Bytes);
        Operands.Require(batch.Rows.Address % RowAlignment == 0, "Rows must be aligned to 16 bytes.", nameof(batch));
        Operands.Require(batch.Tokens, DType.I32, rows);
        Operands.Require(batch.LogProbabilities, DType.F32, rows);
        Operands.Require(batch.Statuses, DType.I32, rows);
        int top = batch.TopTokens.IsEmpty && batch.TopLogProbabilities.IsEmpty
            ? 0
            : Top(batch.TopTokens, batch.TopLogProbabilities, rows);
        int capacity = 0;
        if (!batch.History.IsEmpty)
        {
            Operands.RequireType(batch.History, DType.I32);
            Operands.Require(
                batch.History.Shape.Rank == 2 && batch.History.Shape[1] is > 0 and <= HistoryLimit,
                $"History must be I32 [slots, capacity] with a capacity of 1 to {HistoryLimit}; it is {batch.History}.", nameof(batch));
            capacity = (int)batch.History.Shape[1];
        }

        if (!batch.Biases.IsEmpty)
        {
            Operands.RequireType(batch.Biases, DType.I32);
            Operands.Require(
                batch.Biases.Shape.Rank == 2 && batch.Biases.Shape[1] == 2,
                $"Biases must be I32 [biases, 2]; it is {batch.Biases}.", nameof(batch));
        }

        Operands.Require(
            batch.Passes is >= 0 and <= SamplingRow.MostPasses,
            $"Passes must be 1 to {SamplingRow.MostPasses}, or 0 where it is not known; it is {batch.Passes}.", nameof(batch));
        return new SamplingShape(rows, vocab, top, capacity);
    }

    /// <summary>Checks rows of logits; returns their number and length.</summary>
    public static (int Rows, int Vocab) Logits(Tensor logits)
    {
        Operands.RequireMatrix(logits);
        Operands.Require(
            logits.Shape[1] is > 0 and <= FixedMass.TokenLimit,
            $"A row of logits must have 1 to {FixedMass.TokenLimit} entries; logits is {logits}.", nameof(logits));
        return (checked((int)logits.Shape[0]), (int)logits.Shape[1]);
    }

    /// <summary>Checks lists of best tokens; returns their length.</summary>
    public static int Top(Tensor tokens, Tensor logProbabilities, int rows)
    {
        Operands.RequireType(tokens, DType.I32);
        Operands.Require(
            tokens.Shape.Rank == 2 && tokens.Shape[0] == rows && tokens.Shape[1] is > 0 and <= TopLimit,
            $"The tokens must be I32 [{rows}, n] with n from 1 to {TopLimit}; they are {tokens}.", nameof(tokens));
        Operands.Require(logProbabilities, DType.F32, tokens.Shape.ElementCount);
        return (int)tokens.Shape[1];
    }
}
