using System;
using System.Collections.Generic;
using NUnit.Framework;

namespace Winnow.Kernels.Tests.Attention;

/// <summary>Compares a whole call with the reference.</summary>
internal static class AttentionAssert
{
    /// <summary>Runs a case at every width of vectors and compares.</summary>
    public static void AgreesEverywhere(AttentionCase one)
    {
        foreach (SimdWidth width in Enum.GetValues<SimdWidth>())
        {
            using var device = new CpuDevice(2, width);
            using var rig = new AttentionRig(device, one);
            (float[] output, float[] logSumExp) = rig.Run();
            Agrees(one, output, logSumExp);
        }
    }

    /// <summary>Compares with double precision.</summary>
    /// <param name="one">The case.</param>
    /// <param name="output">What was computed.</param>
    /// <param name="logSumExp">The same.</param>
    /// <param name="arithmetic">The type that products are taken in: what the error may be follows from it.</param>
    public static void Agrees(AttentionCase one, float[] output, float[] logSumExp, DType arithmetic = DType.F32)
    {
        List<double> exact = [];
        List<float> plain = [];
        List<float> actual = [];
        List<double> exactSums = [];
        List<float> plainSums = [];
        List<float> actualSums = [];
        for (int row = 0; row < one.Tokens * one.Heads; row++)
        {
            (double[] exactRow, double exactSum) = AttentionReference.Exact(one, row / one.Heads, row % one.Heads);
            (float[] plainRow, float plainSum) = AttentionReference.Plain(one, row / one.Heads, row % one.Heads, arithmetic);
            float[] actualRow = output[(row * one.HeadDim)..((row + 1) * one.HeadDim)];
            if (double.IsNegativeInfinity(exactSum))
            {
                Assert.That(logSumExp[row], Is.EqualTo(float.NegativeInfinity));
                Assert.That(actualRow, Is.All.Zero);
                continue;
            }

            exact.AddRange(exactRow);
            plain.AddRange(plainRow);
            actual.AddRange(actualRow);
            exactSums.Add(exactSum);
            plainSums.Add(plainSum);
            actualSums.Add(logSumExp[row]);
        }

        Tolerance.Check([.. actual], [.. exact], [.. plain], "output");
        Tolerance.Check([.. actualSums], [.. exactSums], [.. plainSums], "log-sum-exp");
    }
}
