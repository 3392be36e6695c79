using System;
using System.Collections.Generic;

namespace Winnow.Models;

/// <summary>The rotary embedding of a model, or of one kind of its layers.</summary>
public sealed record RopeConfig
{
    /// <summary>The base of the frequencies, "theta".</summary>
    public double Base { get; init; } = 10_000;

    /// <summary>Dimensions of a head that rotate; even, at most the head's size.</summary>
    public required int RotaryDims { get; init; }

    /// <summary>How frequencies are stretched.</summary>
    public RopeScaling Scaling { get; init; }

    /// <summary>The stretch, for linear, llama3 and yarn.</summary>
    public double Factor { get; init; } = 1;

    /// <summary>The trained context in tokens, for llama3, yarn and longrope.</summary>
    public int OriginalContextTokens { get; init; }

    /// <summary>llama3: wavelengths above OriginalContextTokens / this are divided.</summary>
    public double LowFrequencyFactor { get; init; } = 1;

    /// <summary>llama3: wavelengths below OriginalContextTokens / this are kept.</summary>
    public double HighFrequencyFactor { get; init; } = 4;

    /// <summary>yarn: rotations over the trained context above which a frequency is kept.</summary>
    public double BetaFast { get; init; } = 32;

    /// <summary>yarn: rotations below which it is divided.</summary>
    public double BetaSlow { get; init; } = 1;

    /// <summary>yarn: whether the ends of the ramp are rounded to whole dimensions.</summary>
    public bool TruncateRamp { get; init; } = true;

    /// <summary>What cos and sin are multiplied by; null means the scaling's own rule.</summary>
    public double? AttentionFactor { get; init; }

    /// <summary>longrope: divisors up to the trained context [RotaryDims / 2].</summary>
    public IReadOnlyList<float> ShortFactors { get; init; } = Array.Empty<float>();

    /// <summary>longrope: divisors beyond the trained context; divisors: the only ones [RotaryDims / 2].</summary>
    public IReadOnlyList<float> LongFactors { get; init; } = Array.Empty<float>();
}
