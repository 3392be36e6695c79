namespace Winnow.Benchmarking.Traces;

/// <summary>What is known of a solution that draws.</summary>
/// <param name="Status">Passed or not; null where too few draws could be had.</param>
/// <param name="Reason">What is wrong, or why there were too few.</param>
/// <param name="Correctness">How far frequencies are from the distribution.</param>
internal sealed record DrawVerdict(TraceStatus? Status, string Reason, TraceCorrectness? Correctness);
