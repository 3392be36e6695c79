using System;
using Winnow.Gpu;

namespace Winnow.Benchmarking.Timing;

/// <summary>How many copies of what a kernel works on take turns, so that none is in the cache when it is its turn again.</summary>
internal static class Rotation
{
    private const int CacheFactor = 5;
    private const int MaxCopies = 64;

    /// <summary>The copies that a method takes.</summary>
    /// <param name="method">The method.</param>
    /// <param name="bytes">Bytes of one copy.</param>
    /// <param name="device">The device.</param>
    public static int CopiesOf(TimingMethod method, long bytes, GpuProperties device)
    {
        long each = Math.Max(1, bytes);
        return method == TimingMethod.Rotate ? (int)Math.Min((((CacheFactor * device.L2Bytes) + each - 1) / each) + 1, MaxCopies) : 1;
    }

    /// <summary>How times were taken, in words.</summary>
    /// <param name="options">The options.</param>
    /// <param name="bytes">Bytes of one copy.</param>
    /// <param name="copies">Copies.</param>
    /// <param name="device">The device.</param>
    public static string Describe(TimingOptions options, long bytes, int copies, GpuProperties device)
    {
        string fits = bytes * copies > device.L2Bytes ? "" : ", which the cache holds";
        return options.Method switch
        {
            TimingMethod.Flush => $"{options.Samples} samples, events around one launch, L2 written over before each",
            TimingMethod.Rotate => $"{options.Samples} samples, graph over {copies} copies of the arguments{fits}",
            _ => $"{options.Samples} samples, graph over the same arguments, caches warm",
        };
    }
}
