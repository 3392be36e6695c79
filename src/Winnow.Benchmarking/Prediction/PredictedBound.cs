namespace Winnow.Benchmarking.Prediction;

/// <summary>How long a kernel takes at least because of one thing.</summary>
/// <param name="Kind">The thing.</param>
/// <param name="Microseconds">The time; null where the GPU's rate is not published.</param>
/// <param name="Reason">What it is computed from, for people.</param>
public sealed record PredictedBound(BoundKind Kind, double? Microseconds, string Reason);
