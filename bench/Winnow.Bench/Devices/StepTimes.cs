using System.Diagnostics;

namespace Winnow.Bench.Devices;

/// <summary>Where the time of a step went, in ticks of <see cref="Stopwatch"/>.</summary>
internal sealed class StepTimes
{
    /// <summary>Whether attention with signals is timed after attention without, which it is compared with, or before it; they take turns, as the first one warms the caches.</summary>
    public bool SignalsLast { get; set; }

    /// <summary>Attention without signals.</summary>
    public long Attention { get; set; }

    /// <summary>What signals add to it, and what a policy does with a layer's input.</summary>
    public long Signal { get; set; }

    /// <summary>What a policy notes after a step.</summary>
    public long Observe { get; set; }

    /// <summary>An eviction, or all that a sparse reader does, attention included.</summary>
    public long Policy { get; set; }

    /// <summary>Moving slots, as part of an eviction.</summary>
    public long Compact { get; set; }

    /// <summary>What is done a second time to be compared with.</summary>
    public long Repeated { get; set; }

    /// <summary>The whole step.</summary>
    public long Total { get; set; }

    /// <summary>Begins a step.</summary>
    public void Clear()
    {
        (Attention, Signal, Observe, Policy, Compact, Repeated, Total) = (0, 0, 0, 0, 0, 0, 0);
        SignalsLast = !SignalsLast;
    }

    /// <summary>Milliseconds of ticks.</summary>
    public static double Milliseconds(double ticks) => ticks * 1000 / Stopwatch.Frequency;
}
