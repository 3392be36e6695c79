using System;
using NUnit.Framework;

namespace Winnow.Kernels.Tests.Attention;

/// <summary>
/// The tolerance rule: the error against double precision is at most twice that of a plain float computation, plus one unit in the last
/// place at the largest magnitude.
/// </summary>
internal static class AttentionAssert
{
    public static void Agrees(AttentionCase one, float[] output, float[] logSumExp)
    {
        (double error, double plainError, double largest) = (0, 0, 0);
        (double sumError, double plainSumError, double largestSum) = (0, 0, 0);
        for (int token = 0; token < one.Tokens; token++)
        {
            for (int head = 0; head < one.Heads; head++)
            {
                int index = (token * one.Heads) + head;
                (double[] exact, double exactSum) = AttentionReference.Exact(one, token, head);
                (float[] plain, float plainSum) = AttentionReference.Plain(one, token, head);
                if (double.IsNegativeInfinity(exactSum))
                {
                    Assert.That(logSumExp[index], Is.EqualTo(float.NegativeInfinity));
                    Assert.That(output[(index * one.HeadDim)..((index + 1) * one.HeadDim)], Is.All.Zero);
                    continue;
                }

                for (int c = 0; c < one.HeadDim; c++)
                {
                    error = Math.Max(error, Distance(output[(index * one.HeadDim) + c], exact[c]));
                    plainError = Math.Max(plainError, Distance(plain[c], exact[c]));
                    largest = Math.Max(largest, Math.Abs(exact[c]));
                }

                sumError = Math.Max(sumError, Distance(logSumExp[index], exactSum));
                plainSumError = Math.Max(plainSumError, Distance(plainSum, exactSum));
                largestSum = Math.Max(largestSum, Math.Abs(exactSum));
            }
        }

        Assert.That(error, Is.AtMost((2 * plainError) + MathF.BitIncrement((float)largest) - (float)largest), "output");
        Assert.That(sumError, Is.AtMost((2 * plainSumError) + MathF.BitIncrement((float)largestSum) - (float)largestSum), "log-sum-exp");
    }

    private static double Distance(double actual, double expected) =>
        double.IsNaN(actual) ? double.PositiveInfinity : Math.Abs(actual - expected);
}
