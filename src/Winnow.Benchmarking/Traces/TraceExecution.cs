using System.Collections.Generic;
using Winnow.Benchmarking.Prediction;

namespace Winnow.Benchmarking.Traces;

/// <summary>A solution that has run once on a workload.</summary>
/// <param name="Outputs">What it computed, by name.</param>
/// <param name="Log">What is to be said of it.</param>
/// <param name="Prediction">What the simulator's counts predict; null elsewhere.</param>
internal sealed record TraceExecution(IReadOnlyDictionary<string, double[]> Outputs, string Log, KernelPrediction? Prediction);
