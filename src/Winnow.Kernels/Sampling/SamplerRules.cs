using System;

namespace Winnow.Kernels.Sampling;

/// <summary>The checks that several stages share.</summary>
internal static class SamplerRules
{
    /// <summary>Throws with the rule unless the condition holds.</summary>
    public static void Require(bool holds, string name, object value, string rule)
    {
        if (!holds)
        {
            throw new ArgumentOutOfRangeException(name, value, rule);
        }
    }

    /// <summary>A number from 0 to 1; NaN is none.</summary>
    public static float Share(float p, string rule)
    {
        Require(p >= 0 && p <= 1, nameof(p), p, rule);
        return p;
    }

    /// <summary>A window over the history.</summary>
    public static int LastTokens(int lastTokens)
    {
        Require(
            lastTokens >= -1, nameof(lastTokens), lastTokens,
            "The number of last tokens must be at least 0 (0 = off), or -1 for all.");
        return lastTokens;
    }
}
