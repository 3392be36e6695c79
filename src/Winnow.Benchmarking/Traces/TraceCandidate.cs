using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Winnow.Benchmarking.Timing;

namespace Winnow.Benchmarking.Traces;

/// <summary>Something that computes a definition: a CUDA solution or one in C#.</summary>
/// <param name="name">Its name.</param>
/// <param name="options">How it is run.</param>
internal abstract class TraceCandidate(string name, TraceOptions options)
{
    /// <summary>Its name.</summary>
    public string Name => name;

    /// <summary>What it runs on, with versions.</summary>
    public abstract TraceEnvironment Environment { get; }

    /// <summary>How it is run.</summary>
    protected TraceOptions Options => options;

    /// <summary>Why it cannot be run here; null where it can.</summary>
    public abstract string? WhyNot();

    /// <summary>Runs it once.</summary>
    /// <exception cref="TraceFailureException">It is wrong in a way that the schema has a status for.</exception>
    /// <exception cref="TraceSkipException">It cannot be run.</exception>
    public abstract TraceExecution Execute(TraceCase problem, IReadOnlyDictionary<string, TraceTensorData> inputs);

    /// <summary>Runs it again and again on the same memory: inputs are as they should be each time, outputs poisoned, and memory of its own stays as it left it.</summary>
    /// <param name="problem">The workload.</param>
    /// <param name="inputs">Its inputs.</param>
    /// <param name="take">Is given the outputs by name, and says whether to go on.</param>
    /// <exception cref="TraceFailureException">It is wrong in a way that the schema has a status for.</exception>
    /// <exception cref="TraceSkipException">It cannot be run.</exception>
    public abstract void Repeat(TraceCase problem, IReadOnlyDictionary<string, TraceTensorData> inputs, Func<IReadOnlyDictionary<string, double[]>, bool> take);

    /// <summary>Times it after it has run; null where nothing can be measured.</summary>
    /// <param name="problem">The workload.</param>
    /// <param name="inputs">Its inputs.</param>
    /// <param name="reference">What takes turns with it, if both can; null for nothing.</param>
    public abstract TraceTiming? Measure(TraceCase problem, IReadOnlyDictionary<string, TraceTensorData> inputs, TraceCandidate? reference);

    /// <summary>Complains of a run that took longer than allowed.</summary>
    protected void CheckTime(TimeSpan elapsed)
    {
        if (elapsed > options.TimeLimit)
        {
            throw new TraceFailureException(TraceStatus.Timeout, string.Create(
                CultureInfo.InvariantCulture, $"one run took {elapsed.TotalSeconds:0.###} s, and {options.TimeLimit.TotalSeconds:0.###} s are allowed"));
        }
    }

    /// <summary>A median and its spread as a trace has them.</summary>
    protected static TraceTiming Timing(TimeStatistics time, TimeStatistics? reference, string method)
    {
        double latency = time.Median / 1000;
        double other = (reference?.Median ?? 0) / 1000;
        string log = string.Create(CultureInfo.InvariantCulture, $"measured: {method}; median {time.Median:0.###} us, p10 {time.P10:0.###} us, p90 {time.P90:0.###} us");
        return new TraceTiming(new TracePerformance(latency, other, latency > 0 ? other / latency : 0), reference is null ? log + "; the reference was not timed" : log);
    }

    /// <summary>Versions of what takes part.</summary>
    protected static Dictionary<string, string> Libraries(params (string Name, string Version)[] others)
    {
        string version = typeof(TraceCandidate).Assembly.GetName().Version?.ToString(3) ?? "";
        return others.Prepend(("winnow", version)).ToDictionary(library => library.Item1, library => library.Item2, StringComparer.Ordinal);
    }
}
