using System.Numerics;
using Winnow.Benchmarking.Descriptions;

namespace Winnow.Benchmarking.Traces.References;

/// <summary>Where a plain computation in a narrow type rounds.</summary>
internal static class Stages
{
    /// <summary>A value as a type holds it.</summary>
    /// <param name="value">The value.</param>
    /// <param name="type">The type; null for the value as it is.</param>
    public static T Keep<T>(T value, ElementType? type)
        where T : INumber<T> =>
        type is null ? value : T.CreateChecked(type.Value.Round(double.CreateChecked(value)));
}
