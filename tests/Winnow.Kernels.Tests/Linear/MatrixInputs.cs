using System;
using System.Linq;
using NUnit.Framework;

namespace Winnow.Kernels.Tests.Linear;

/// <summary>What kernels on tensor cores make of their input: it is rounded to the matrix type first.</summary>
internal static class MatrixInputs
{
    /// <summary>The inputs as they are multiplied.</summary>
    public static float[] Round(DType weight, float[] x) => weight switch
    {
        DType.F32 => x,
        DType.BF16 => [.. x.Select(v => (float)(BFloat16)v)],
        _ => [.. x.Select(v => (float)(Half)Math.Clamp(v, -65504, 65504))],
    };

    /// <summary>
    /// Two results of the same product differ by half a unit of the matrix type (8 or 11 significant bits) in each input at most, and by a
    /// float's rounding in each of the additions of both; the other one, the processor's, also by what it makes of each input.
    /// </summary>
    public static void AssertWithinRounding(
        DType weight, float[] actual, float[] other, double[] values, float[] x, int rows, int inputs, int outputs)
    {
        double unit = weight switch { DType.F32 => 0, DType.BF16 => Math.ScaleB(1, -8), _ => Math.ScaleB(1, -11) };
        double[] taken = RoundedInputs.For(weight, x);
        for (int i = 0; i < rows * outputs; i++)
        {
            double magnitude = 0;
            double moved = 0;
            for (int k = 0; k < inputs; k++)
            {
                int at = (i / outputs * inputs) + k;
                double value = values[(i % outputs * inputs) + k];
                magnitude += Math.Abs(x[at] * value);
                moved += Math.Abs((x[at] - taken[at]) * value);
            }

            double allowed = (magnitude * unit) + moved + ((magnitude + moved) * 2 * (inputs + 8) * Math.ScaleB(1, -24));
            Assert.That(actual[i], Is.EqualTo(other[i]).Within(allowed), $"at {i} of {actual.Length}");
        }
    }
}
