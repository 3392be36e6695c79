using System;
using System.Linq;

namespace Winnow.Kernels.Tests.Attention;

/// <summary>The rules of attention, written out naively; in double precision, and once more in plain float as the yardstick of error.</summary>
internal static class AttentionReference
{
    /// <summary>One query head over the slots of one KV head.</summary>
    public static (double[] Output, double LogSumExp) Exact(AttentionCase one, int token, int head)
    {
        AttentionCase.Head cached = one.HeadOf(token, head / one.Group);
        double[] scores = new double[cached.Count];
        double greatest = double.NegativeInfinity;
        for (int j = 0; j < cached.Count; j++)
        {
            double dot = 0;
            for (int c = 0; c < one.HeadDim; c++)
            {
                dot += (double)one.Query(token, head, c) * cached.Keys[(j * one.HeadDim) + c];
            }

            double score = dot * one.Scale;
            score = one.SoftCap > 0 ? one.SoftCap * Math.Tanh(score / one.SoftCap) : score;
            scores[j] = one.Sees(token, cached, j) ? score : double.NegativeInfinity;
            greatest = Math.Max(greatest, scores[j]);
        }

        double[] output = new double[one.HeadDim];
        double sum = 0;
        for (int j = 0; j < cached.Count && !double.IsNegativeInfinity(greatest); j++)
        {
            double weight = Math.Exp(scores[j] - greatest);
            sum += weight;
            for (int c = 0; c < one.HeadDim; c++)
            {
                output[c] += weight * cached.Values[(j * one.HeadDim) + c];
            }
        }

        for (int c = 0; c < one.HeadDim && sum > 0; c++)
        {
            output[c] /= sum;
        }

        return (output, sum == 0 ? double.NegativeInfinity : greatest + Math.Log(sum));
    }

    /// <summary>The probability of every slot of the KV head for one query head.</summary>
    public static double[] Probabilities(AttentionCase one, int token, int head)
    {
        AttentionCase.Head cached = one.HeadOf(token, head / one.Group);
        double logSumExp = Exact(one, token, head).LogSumExp;
        return [.. Enumerable.Range(0, cached.Count).Select(j =>
        {
            double dot = Enumerable.Range(0, one.HeadDim).Sum(c => (double)one.Query(token, head, c) * cached.Keys[(j * one.HeadDim) + c]);
            double score = dot * one.Scale;
            score = one.SoftCap > 0 ? one.SoftCap * Math.Tanh(score / one.SoftCap) : score;
            return one.Sees(token, cached, j) ? Math.Exp(score - logSumExp) : 0;
        })];
    }

    /// <summary>The same with every step rounded to float, and queries to a type.</summary>
    public static float[] PlainProbabilities(AttentionCase one, int token, int head, DType arithmetic)
    {
        AttentionCase.Head cached = one.HeadOf(token, head / one.Group);
        float logSumExp = Plain(one, token, head, arithmetic).LogSumExp;
        float[] probabilities = new float[cached.Count];
        for (int j = 0; j < cached.Count; j++)
        {
            float dot = 0;
            for (int c = 0; c < one.HeadDim; c++)
            {
                dot += AttentionCase.Rounded(one.Query(token, head, c), arithmetic) * cached.Keys[(j * one.HeadDim) + c];
            }

            float score = dot * one.Scale;
            score = one.SoftCap > 0 ? one.SoftCap * MathF.Tanh(score / one.SoftCap) : score;
            probabilities[j] = one.Sees(token, cached, j) ? MathF.Exp(score - logSumExp) : 0;
        }

        return probabilities;
    }

    /// <summary>
    /// One query head with every step rounded to float; queries and unnormalized probabilities are rounded to a type as well, as tensor cores
    /// take them.
    /// </summary>
    public static (float[] Output, float LogSumExp) Plain(AttentionCase one, int token, int head, DType arithmetic = DType.F32)
    {
        AttentionCase.Head cached = one.HeadOf(token, head / one.Group);
        float[] scores = new float[cached.Count];
        float greatest = float.NegativeInfinity;
        for (int j = 0; j < cached.Count; j++)
        {
            float dot = 0;
            for (int c = 0; c < one.HeadDim; c++)
            {
                dot += AttentionCase.Rounded(one.Query(token, head, c), arithmetic) * cached.Keys[(j * one.HeadDim) + c];
            }

            float score = dot * one.Scale;
            score = one.SoftCap > 0 ? one.SoftCap * MathF.Tanh(score / one.SoftCap) : score;
            scores[j] = one.Sees(token, cached, j) ? score : float.NegativeInfinity;
            greatest = MathF.Max(greatest, scores[j]);
        }

        float[] output = new float[one.HeadDim];
        float sum = 0;
        for (int j = 0; j < cached.Count && !float.IsNegativeInfinity(greatest); j++)
        {
            float weight = AttentionCase.Rounded(MathF.Exp(scores[j] - greatest), arithmetic);
            sum += weight;
            for (int c = 0; c < one.HeadDim; c++)
            {
                output[c] += weight * cached.Values[(j * one.HeadDim) + c];
            }
        }

        for (int c = 0; c < one.HeadDim && sum > 0; c++)
        {
            output[c] /= sum;
        }

        return (output, sum == 0 ? float.NegativeInfinity : greatest + MathF.Log(sum));
    }
}
