using System;
using System.Linq;
using Winnow.Kernels.Linear;

namespace Winnow.Kernels.Tests.Norm;

/// <summary>The norms and the rotation, written out naively.</summary>
internal static class NormReference
{
    public static double[] RmsNorm(float[] input, float[] weight, float epsilon)
    {
        double[] output = new double[input.Length];
        for (int start = 0; start < input.Length; start += weight.Length)
        {
            double squares = 0;
            for (int c = 0; c < weight.Length; c++)
            {
                squares += (double)input[start + c] * input[start + c];
            }

            for (int c = 0; c < weight.Length; c++)
            {
                output[start + c] = input[start + c] / Math.Sqrt((squares / weight.Length) + epsilon) * weight[c];
            }
        }

        return output;
    }

    public static float[] PlainRmsNorm(float[] input, float[] weight, float epsilon)
    {
        float[] output = new float[input.Length];
        for (int start = 0; start < input.Length; start += weight.Length)
        {
            float squares = 0;
            for (int c = 0; c < weight.Length; c++)
            {
                squares += input[start + c] * input[start + c];
            }

            float factor = 1 / MathF.Sqrt((squares / weight.Length) + epsilon);
            for (int c = 0; c < weight.Length; c++)
            {
                output[start + c] = input[start + c] * factor * weight[c];
            }
        }

        return output;
    }

    public static double[] LayerNorm(float[] input, float[] weight, float[]? bias, float epsilon)
    {
        double[] output = new double[input.Length];
        for (int start = 0; start < input.Length; start += weight.Length)
        {
            double mean = input.AsSpan(start, weight.Length).ToArray().Average(x => (double)x);
            double variance = input.AsSpan(start, weight.Length).ToArray().Average(x => (x - mean) * (x - mean));
            for (int c = 0; c < weight.Length; c++)
            {
                output[start + c] = ((input[start + c] - mean) / Math.Sqrt(variance + epsilon) * weight[c]) + (bias?[c] ?? 0);
            }
        }

        return output;
    }

    public static float[] PlainLayerNorm(float[] input, float[] weight, float[]? bias, float epsilon)
    {
        float[] output = new float[input.Length];
        for (int start = 0; start < input.Length; start += weight.Length)
        {
            float sum = 0;
            float squares = 0;
            for (int c = 0; c < weight.Length; c++)
            {
                sum += input[start + c];
            }

            float mean = sum / weight.Length;
            for (int c = 0; c < weight.Length; c++)
            {
                squares += (input[start + c] - mean) * (input[start + c] - mean);
            }

            float factor = 1 / MathF.Sqrt((squares / weight.Length) + epsilon);
            for (int c = 0; c < weight.Length; c++)
            {
                output[start + c] = ((input[start + c] - mean) * factor * weight[c]) + (bias?[c] ?? 0);
            }
        }

        return output;
    }

    /// <summary>The error function: e^(-x^2) times a series of terms of one sign.</summary>
    public static double Erf(double x)
    {
        double term = x;
        double sum = x;
        for (int n = 1; Math.Abs(term) > Math.Abs(sum) * 1e-17; n++)
        {
            term *= 2 * x * x / ((2 * n) + 1);
            sum += term;
        }

        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }

    public static double Activate(Activation activation, double x) => activation switch
    {
        Activation.Silu => x / (1 + Math.Exp(-x)),
        Activation.GeluTanh => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))),
        Activation.Gelu => 0.5 * x * (1 + Erf(x / Math.Sqrt(2))),
        _ => Math.Max(x, 0),
    };

    public static float PlainActivate(Activation activation, float x) => activation switch
    {
        Activation.Silu => x / (1 + MathF.Exp(-x)),
        Activation.GeluTanh => 0.5f * x * (1 + MathF.Tanh(MathF.Sqrt(2 / MathF.PI) * (x + (0.044715f * x * x * x)))),
        Activation.Gelu => 0.5f * x * (1 + (float)Erf(x / MathF.Sqrt(2))),
        _ => MathF.Max(x, 0),
    };

    /// <summary>Rotates one head; the angles are what the table was made for.</summary>
    public static double[] Rotate(double[] head, double[] angles, double magnitude, bool interleaved)
    {
        double[] output = [.. head];
        for (int i = 0; i < angles.Length; i++)
        {
            (int first, int second) = interleaved ? (2 * i, (2 * i) + 1) : (i, i + angles.Length);
            (double sin, double cos) = Math.SinCos(angles[i]);
            output[first] = ((head[first] * cos) - (head[second] * sin)) * magnitude;
            output[second] = ((head[second] * cos) + (head[first] * sin)) * magnitude;
        }

        return output;
    }

    /// <summary>The same in float, with a table rounded to float.</summary>
    public static float[] PlainRotate(float[] head, double[] angles, float magnitude, bool interleaved)
    {
        float[] output = [.. head];
        for (int i = 0; i < angles.Length; i++)
        {
            (int first, int second) = interleaved ? (2 * i, (2 * i) + 1) : (i, i + angles.Length);
            float sin = (float)Math.Sin(angles[i]) * magnitude;
            float cos = (float)Math.Cos(angles[i]) * magnitude;
            output[first] = (head[first] * cos) - (head[second] * sin);
            output[second] = (head[second] * cos) + (head[first] * sin);
        }

        return output;
    }
}
