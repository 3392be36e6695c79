using System;
using System.Linq;
using NUnit.Framework;

namespace Winnow.Kernels.Tests.Linear;

/// <summary>Products in double precision, and what a plain loop in float makes of them.</summary>
internal static class LinearReference
{
    public static double[] Product(double[] weight, float[] x, int rows, int inputs, int outputs) =>
        Product(weight, Array.ConvertAll(x, value => (double)value), rows, inputs, outputs);

    public static double[] Product(double[] weight, double[] x, int rows, int inputs, int outputs)
    {
        double[] result = new double[rows * outputs];
        for (int i = 0; i < result.Length; i++)
        {
            double sum = 0;
            for (int k = 0; k < inputs; k++)
            {
                sum += x[(i / outputs * inputs) + k] * weight[(i % outputs * inputs) + k];
            }

            result[i] = sum;
        }

        return result;
    }

    public static float[] Plain(double[] weight, float[] x, int rows, int inputs, int outputs)
    {
        float[] result = new float[rows * outputs];
        for (int i = 0; i < result.Length; i++)
        {
            float sum = 0;
            for (int k = 0; k < inputs; k++)
            {
                sum += x[(i / outputs * inputs) + k] * (float)weight[(i % outputs * inputs) + k];
            }

            result[i] = sum;
        }

        return result;
    }

    /// <summary>
    /// What one chain of products makes of it on a tensor core, the plain computation of 16-bit weights: that of an A100, where eight products at a time are
    /// added to the sum, which is cut to float towards zero.
    /// </summary>
    public static float[] PlainProducts(double[] weight, float[] x, int rows, int inputs, int outputs)
    {
        const int Step = 8;
        float[] result = new float[rows * outputs];
        for (int i = 0; i < result.Length; i++)
        {
            double sum = 0;
            for (int k = 0; k < inputs; k++)
            {
                sum += x[(i / outputs * inputs) + k] * weight[(i % outputs * inputs) + k];
                if (k % Step == Step - 1 || k == inputs - 1)
                {
                    float nearest = (float)sum;
                    sum = Math.Abs(nearest) > Math.Abs(sum) ? (nearest > 0 ? MathF.BitDecrement(nearest) : MathF.BitIncrement(nearest)) : nearest;
                }
            }

            result[i] = (float)sum;
        }

        return result;
    }

    /// <summary>The plain computation of a weight type on a GPU.</summary>
    public static float[] Plain(DType type, double[] weight, float[] x, int rows, int inputs, int outputs) => type is DType.F16 or DType.BF16
        ? PlainProducts(weight, x, rows, inputs, outputs)
        : Plain(weight, x, rows, inputs, outputs);

    public static double Activate(Winnow.Kernels.Linear.Activation activation, double x) =>
        activation == Winnow.Kernels.Linear.Activation.Silu
            ? x / (1 + Math.Exp(-x))
            : 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))));

    /// <summary>Twice the largest error of a plain float computation, plus one ulp at the largest magnitude.</summary>
    public static void AssertClose(float[] actual, double[] expected, float[] plain)
    {
        double allowed = 2 * plain.Zip(expected, (p, e) => Math.Abs(p - e)).Max();
        float largest = (float)expected.Max(Math.Abs);
        allowed += MathF.BitIncrement(largest) - largest;
        int worst = Enumerable.Range(0, actual.Length).MaxBy(i => double.IsNaN(actual[i]) ? double.MaxValue : Math.Abs(actual[i] - expected[i]));
        Assert.That(actual[worst], Is.EqualTo(expected[worst]).Within(allowed), $"at {worst} of {actual.Length}");
    }
}
