using System;

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

    /// <summary>A table of random rows, in the type's bytes and as the values they stand for.</summary>
    public static void FillTable(DType type, Random random, byte[] bytes, double[] values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            float value = (float)((random.NextDouble() * 2) - 1);
            switch (type)
            {
                case DType.F32:
                    BitConverter.TryWriteBytes(bytes.AsSpan(i * 4), value);
                    values[i] = value;
                    break;
                case DType.F16:
                    BitConverter.TryWriteBytes(bytes.AsSpan(i * 2), (Half)value);
                    values[i] = (double)(Half)value;
                    break;
                case DType.BF16:
                    BitConverter.TryWriteBytes(bytes.AsSpan(i * 2), ((BFloat16)value).Bits);
                    values[i] = (float)(BFloat16)value;
                    break;
                default:
                    // Q8_0: 32 signed bytes behind a half scale of 1/4.
                    BitConverter.TryWriteBytes(bytes.AsSpan(i / 32 * 34), (Half)0.25f);
                    sbyte quantum = (sbyte)random.Next(-128, 128);
                    bytes[(i / 32 * 34) + 2 + (i % 32)] = (byte)quantum;
                    values[i] = quantum * 0.25;
                    break;
            }
        }
    }

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
