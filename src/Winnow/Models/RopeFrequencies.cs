using System;
using System.Collections.Generic;

namespace Winnow.Models;

/// <summary>Turns a <see cref="RopeConfig"/> into one inverse frequency for each rotating pair and the factor of cos and sin.</summary>
internal static class RopeFrequencies
{
    /// <summary>The inverse frequencies, [RotaryDims / 2], computed in double.</summary>
    /// <param name="rope">The configuration.</param>
    /// <param name="contextTokens">
    /// The context that the cache is made for: longrope takes its long factors when this exceeds the trained context. It is decided once,
    /// because keys in the cache that were rotated with other factors would be wrong.
    /// </param>
    public static float[] Inverse(RopeConfig rope, int contextTokens)
    {
        float[] inverse = new float[rope.RotaryDims / 2];
        for (int j = 0; j < inverse.Length; j++)
        {
            double plain = Math.Pow(rope.Base, -2.0 * j / rope.RotaryDims);
            inverse[j] = (float)(rope.Scaling switch
            {
                RopeScaling.None => plain,
                RopeScaling.Linear => plain / rope.Factor,
                RopeScaling.Llama3 => Llama3(rope, plain),
                RopeScaling.Yarn => Yarn(rope, plain, j),
                RopeScaling.LongRope => plain / LongFactors(rope, contextTokens)[j],
                RopeScaling.Divisors => plain / rope.LongFactors[j],
                _ => throw new ArgumentOutOfRangeException(nameof(rope), rope.Scaling, "Not a RoPE scaling."),
            });
        }

        return inverse;
    }

    /// <summary>What cos and sin are multiplied by.</summary>
    public static float Magnitude(RopeConfig rope, int maxContextTokens) => (float)(rope.AttentionFactor ?? rope.Scaling switch
    {
        RopeScaling.Yarn => rope.Factor <= 1 ? 1 : (0.1 * Math.Log(rope.Factor)) + 1,
        RopeScaling.LongRope => LongRopeMagnitude((double)maxContextTokens / rope.OriginalContextTokens, rope.OriginalContextTokens),
        _ => 1,
    });

    private static double LongRopeMagnitude(double stretch, int original) =>
        stretch <= 1 ? 1 : Math.Sqrt(1 + (Math.Log(stretch) / Math.Log(original)));

    private static IReadOnlyList<float> LongFactors(RopeConfig rope, int contextTokens) =>
        contextTokens > rope.OriginalContextTokens ? rope.LongFactors : rope.ShortFactors;

    private static double Llama3(RopeConfig rope, double inverse)
    {
        double wavelength = 2 * Math.PI / inverse;
        if (wavelength < rope.OriginalContextTokens / rope.HighFrequencyFactor)
        {
            return inverse;
        }

        if (wavelength > rope.OriginalContextTokens / rope.LowFrequencyFactor)
        {
            return inverse / rope.Factor;
        }

        double smooth = ((rope.OriginalContextTokens / wavelength) - rope.LowFrequencyFactor)
            / (rope.HighFrequencyFactor - rope.LowFrequencyFactor);
        return ((1 - smooth) * inverse / rope.Factor) + (smooth * inverse);
    }

    private static double Yarn(RopeConfig rope, double inverse, int j)
    {
        double low = YarnDimension(rope, rope.BetaFast);
        double high = YarnDimension(rope, rope.BetaSlow);
        if (rope.TruncateRamp)
        {
            (low, high) = (Math.Floor(low), Math.Ceiling(high));
        }

        low = Math.Max(low, 0);
        high = Math.Min(high, rope.RotaryDims - 1);
        high += low == high ? 0.001 : 0;
        double ramp = Math.Clamp((j - low) / (high - low), 0, 1);
        return (inverse / rope.Factor * ramp) + (inverse * (1 - ramp));
    }

    private static double YarnDimension(RopeConfig rope, double rotations) =>
        rope.RotaryDims * Math.Log(rope.OriginalContextTokens / (rotations * 2 * Math.PI)) / (2 * Math.Log(rope.Base));
}
