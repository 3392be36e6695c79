using System;

namespace Winnow.Kernels.Sampling;

/// <summary>The stages that remove candidates. Each finds a threshold in a total order and keeps what is up to it;
/// none sorts the row.</summary>
internal static class TruncationStages
{
    private const int BlockLength = 1024;

    /// <summary>Keeps the k largest.</summary>
    public static void TopK(ref CandidateRow row, int k)
    {
        if (k == 0 || k >= row.Count)
        {
            return;
        }

        int capacity = k + Math.Max(k, BlockLength);
        if (!row.IsDense || capacity >= row.Count || capacity < k)
        {
            KeepBest(ref row, k);
            return;
        }

        // A running threshold: whatever is not above the k-th best so far is never copied.
        ReadOnlySpan<float> source = row.Values;
        float threshold = -float.MaxValue;
        int count = 0;
        for (int start = 0; start < source.Length; start += BlockLength)
        {
            ReadOnlySpan<float> block = source.Slice(start, Math.Min(BlockLength, source.Length - start));
            count += RowMath.KeepAtLeast(
                block, [], start, threshold, row.Scratch.Values.AsSpan(count), row.Scratch.Ids.AsSpan(count));
            if (count > capacity)
            {
                row.Shrink(count);
                threshold = MathF.BitIncrement(KeepBest(ref row, k));
                count = k;
            }
        }

        row.Shrink(count);
        if (count > k)
        {
            KeepBest(ref row, k);
        }
    }

    /// <summary>Keeps the most probable up to a mass.</summary>
    public static void TopP(ref CandidateRow row, float p)
    {
        if (p >= 1)
        {
            return;
        }

        float maximum = row.Maximum();
        long sum = FixedMass.SumExp(row.Values, maximum);
        long target = FixedMass.Share(p, sum);

        // All tokens below this weight together weigh no more than what may be missing, so none of them is needed to reach p; the margin
        // covers the errors of exp and of the logarithm.
        long floor = (sum - target) / row.Count;
        row.KeepAtLeast(floor < 1 ? double.NegativeInfinity : maximum + Math.Log(FixedMass.ToDouble(floor)) - 0.01);
        RowMath.WriteExp(row.Values, maximum, row.Scratch.Weights);
        var order = new ScoreOrder(row.Values);
        int last = Selection.Crossing(
            row.Scratch.Order.AsSpan(0, row.Count),
            row.Scratch.Weights.AsSpan(0, row.Count),
            target,
            strict: false,
            order);
        row.KeepUpTo(last, order);
    }

    /// <summary>Keeps a share of the largest probability.</summary>
    public static void MinP(ref CandidateRow row, float p)
    {
        if (p > 0)
        {
            Near(ref row, Math.Log(p));
        }
    }

    /// <summary>Keeps scores of at least the largest plus an offset.</summary>
    public static void Near(ref CandidateRow row, double offset) => row.KeepAtLeast(row.Maximum() + offset);

    /// <summary>Keeps scores near the largest, in standard deviations.</summary>
    public static void TopNSigma(ref CandidateRow row, float n)
    {
        if (n > 0)
        {
            row.KeepAtLeast(row.Maximum() - (n * RowMath.Moments(row.Values).Deviation));
        }
    }

    /// <summary>Keeps the most typical up to a mass.</summary>
    public static void Typical(ref CandidateRow row, float p)
    {
        if (p >= 1)
        {
            return;
        }

        float maximum = row.Maximum();
        (double sum, double surprise) = RowMath.EntropySums(row.Values, maximum);
        double entropy = (surprise / sum) + Math.Log(sum);

        // As for top-p, tokens below this weight are not needed to exceed p, provided that they come last: none of the
        // others may be farther from the entropy, which holds when even a surprise of 0 is nearer.
        double floor = (1 - p) * sum / row.Count * 0.999;
        row.KeepAtLeast(Math.Log(sum / floor) >= 2 * entropy ? maximum + Math.Log(floor) : double.NegativeInfinity);

        row.Scratch.ReserveDeviations(row.Count);
        Span<float> weights = row.Scratch.Weights.AsSpan(0, row.Count);
        Span<float> deviations = row.Scratch.Deviations.AsSpan(0, row.Count);
        RowMath.WriteExp(row.Values, maximum, weights);
        double shift = maximum + Math.Log(sum);
        for (int i = 0; i < weights.Length; i++)
        {
            deviations[i] = (float)Math.Abs(shift - row.Values[i] - entropy);
        }

        var order = new DeviationOrder(deviations, row.Values);
        int last = Selection.Crossing(row.Scratch.Order.AsSpan(0, row.Count), weights, FixedMass.FromDouble(p * sum), strict: true, order);
        row.KeepUpTo(last, order);
    }

    /// <summary>Removes all top choices but the least probable, if the coin says so.</summary>
    public static void Xtc(ref CandidateRow row, in SamplerStage stage, double coin)
    {
        if (coin >= stage.Value)
        {
            return;
        }

        float maximum = row.Maximum();
        float threshold = CandidateRow.Threshold(
            maximum + Math.Log(stage.Second * RowMath.SumExp(row.Values, maximum)));
        var order = new ScoreOrder(row.Values);
        Span<int> keep = row.Scratch.Order.AsSpan(0, row.Count);
        int least = -1;
        for (int i = 0; i < keep.Length; i++)
        {
            bool top = row.Values[i] >= threshold;
            keep[i] = top ? 0 : 1;
            least = top && (least < 0 || order.Before(least, i)) ? i : least;
        }

        if (least >= 0)
        {
            keep[least] = 1;
            row.KeepMarked();
        }
    }

    /// <summary>Keeps tokens up to a surprise in bits, and the most probable in any case.</summary>
    public static void Surprise(ref CandidateRow row, double bits)
    {
        float maximum = row.Maximum();
        double threshold = maximum + Math.Log(RowMath.SumExp(row.Values, maximum)) - (bits * Math.Log(2));
        row.KeepAtLeast(Math.Min(threshold, maximum));
    }

    /// <summary>Keeps the k largest by selection; returns the smallest of them.</summary>
    private static float KeepBest(ref CandidateRow row, int k)
    {
        var order = new ScoreOrder(row.Values);
        int last = Selection.Crossing(row.Scratch.Order.AsSpan(0, row.Count), [], k, strict: false, order);
        float smallest = row.Values[last];
        row.KeepUpTo(last, order);
        return smallest;
    }
}
