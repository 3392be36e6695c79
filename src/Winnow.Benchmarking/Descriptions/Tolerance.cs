namespace Winnow.Benchmarking.Descriptions;

/// <summary>A distance that is allowed for each value: <c>absolute + relative * |expected|</c>.</summary>
/// <param name="Absolute">The part that is the same for all.</param>
/// <param name="Relative">The part in proportion to the expected value.</param>
public sealed record Tolerance(double Absolute, double Relative);
