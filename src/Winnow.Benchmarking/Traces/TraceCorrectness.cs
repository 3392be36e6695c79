namespace Winnow.Benchmarking.Traces;

/// <summary>How far outputs are from the reference.</summary>
/// <param name="MaxRelativeError">The largest error in proportion to the expected value; infinite or NaN is written as text.</param>
/// <param name="MaxAbsoluteError">The largest error.</param>
/// <param name="Extra">A JSON object with more, as text; null where there is none.</param>
public sealed record TraceCorrectness(double MaxRelativeError, double MaxAbsoluteError, string? Extra = null);
