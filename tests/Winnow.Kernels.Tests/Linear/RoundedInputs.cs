using System;
using System.Linq;

namespace Winnow.Kernels.Tests.Linear;

/// <summary>What the processor's products make of inputs before they multiply: for block types whole numbers times a scale of 32 of them.</summary>
internal static class RoundedInputs
{
    public static readonly DType[] Types = [.. WeightReference.Types.Where(type => type.BlockValues() > 1)];

    /// <summary>The inputs as products with weights of a type take them.</summary>
    public static double[] For(DType type, float[] x) => Types.Contains(type)
        ? [.. x.Chunk(32).SelectMany(unit => unit.Select(value => (double)ScaleOf(unit) * Whole(value, ScaleOf(unit))))]
        : Array.ConvertAll(x, value => (double)value);

    public static float ScaleOf(float[] unit) => unit.Max(MathF.Abs) / 127f;

    private static double Whole(float value, float scale) => scale == 0 ? 0 : MathF.Round(value * (1f / scale), MidpointRounding.ToEven);
}
