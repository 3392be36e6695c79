using System;
using NUnit.Framework;

namespace Winnow.Kernels.Tests;

/// <summary>What a warmed-up step leaves to the garbage collector: nothing.</summary>
internal static class Allocations
{
    private const int MeasuredSteps = 3;

    /// <summary>Fails where a step that has been made before allocates on the managed heap.</summary>
    public static void AssertNone(Action step)
    {
        // The second time is the first one that finds a kernel again, which sets up the comparison of its key.
        step();
        step();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < MeasuredSteps; i++)
        {
            step();
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero, $"bytes of {MeasuredSteps} steps");
    }
}
