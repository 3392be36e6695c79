using System;

namespace Winnow.Kernels.Tests.Sampling;

/// <summary>Rows of logits for tests.</summary>
internal static class Rows
{
    public static float[] Normal(int vocab, double deviation, int seed)
    {
        var random = new Random(seed);
        var row = new float[vocab];
        for (int i = 0; i < vocab; i++)
        {
            double radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            row[i] = (float)(deviation * radius * Math.Cos(2 * Math.PI * random.NextDouble()));
        }

        return row;
    }
}
