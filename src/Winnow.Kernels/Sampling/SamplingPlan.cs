using System;

namespace Winnow.Kernels.Sampling;

/// <summary>What is done to a row on the device, in bits; <c>kernels/sampling/sample.cu</c> reads them.</summary>
[Flags]
internal enum SamplingPlan : uint
{
    /// <summary>The row is left alone.</summary>
    None = 0,

    /// <summary>The row is sampled.</summary>
    Active = 1,

    /// <summary>The largest score is taken; without it a token is drawn.</summary>
    Greedy = 2,

    /// <summary>The repetition penalty acts.</summary>
    Repetition = 4,

    /// <summary>The frequency penalty acts.</summary>
    Frequency = 8,

    /// <summary>The presence penalty acts.</summary>
    Presence = 16,

    /// <summary>Some penalty acts.</summary>
    Penalties = Repetition | Frequency | Presence,
}
