using System;
using System.Linq;
using Winnow.Kernels.Reduction;

namespace Winnow.Kernels.Tests.Reduction;

/// <summary>The network over a whole history, layer by layer as the authors' code has it; in double precision, and once more in plain float.</summary>
internal static class BlockNetworkReference
{
    /// <summary>One score for each block of x, [steps][blocks].</summary>
    public static double[] Scores(float[] weights, float[][] x)
    {
        double[][][] planes = [[.. x.Select(row => row.Select(value => (double)value).ToArray())]];
        planes = Convolve(weights, 0, planes, BlockNetwork.Hidden);
        planes = Convolve(weights, BlockNetwork.Hidden * (BlockNetwork.Taps + 1), planes, BlockNetwork.Features);
        int third = weights.Length - BlockNetwork.Features - 1;
        return [.. x[0].Select((_, b) => weights[^1] + planes.Select((plane, c) => weights[third + c] * plane.Average(row => row[b])).Sum())];
    }

    /// <summary>The same with every step rounded to float.</summary>
    public static float[] PlainScores(float[] weights, float[][] x)
    {
        float[][][] planes = [x];
        planes = PlainConvolve(weights, 0, planes, BlockNetwork.Hidden);
        planes = PlainConvolve(weights, BlockNetwork.Hidden * (BlockNetwork.Taps + 1), planes, BlockNetwork.Features);
        int third = weights.Length - BlockNetwork.Features - 1;
        return [.. x[0].Select((_, b) => planes
            .Select((plane, c) => weights[third + c] * (plane.Aggregate(0f, (sum, row) => sum + row[b]) / plane.Length))
            .Aggregate(weights[^1], (sum, value) => sum + value))];
    }

    private static double[][][] Convolve(float[] weights, int at, double[][][] input, int channels)
    {
        int bias = at + (channels * input.Length * BlockNetwork.Taps);
        return [.. Enumerable.Range(0, channels).Select(channel => input[0].Select((row, t) => row.Select((_, b) =>
        {
            double sum = weights[bias + channel];
            for (int from = 0; from < input.Length; from++)
            {
                for (int tap = 0; tap < BlockNetwork.Taps; tap++)
                {
                    (int step, int block) = (t - 1 + (tap / 3), b - 1 + (tap % 3));
                    if (step >= 0 && step < input[from].Length && block >= 0 && block < row.Length)
                    {
                        sum += weights[at + (((channel * input.Length) + from) * BlockNetwork.Taps) + tap] * input[from][step][block];
                    }
                }
            }

            return Math.Max(0, sum);
        }).ToArray()).ToArray())];
    }

    private static float[][][] PlainConvolve(float[] weights, int at, float[][][] input, int channels)
    {
        int bias = at + (channels * input.Length * BlockNetwork.Taps);
        return [.. Enumerable.Range(0, channels).Select(channel => input[0].Select((row, t) => row.Select((_, b) =>
        {
            float sum = weights[bias + channel];
            for (int from = 0; from < input.Length; from++)
            {
                for (int tap = 0; tap < BlockNetwork.Taps; tap++)
                {
                    (int step, int block) = (t - 1 + (tap / 3), b - 1 + (tap % 3));
                    if (step >= 0 && step < input[from].Length && block >= 0 && block < row.Length)
                    {
                        sum += weights[at + (((channel * input.Length) + from) * BlockNetwork.Taps) + tap] * input[from][step][block];
                    }
                }
            }

            return MathF.Max(0, sum);
        }).ToArray()).ToArray())];
    }
}
