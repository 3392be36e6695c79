using System;
using NUnit.Framework;
using Winnow.Gpu;

namespace Winnow.Kernels.Tests;

/// <summary>Kernels stop at contents that break a rule, which the host cannot see.</summary>
internal static class Faults
{
    /// <summary>Fails where what is issued ends without a fault. A trap ends a real device's context, so that nothing could be compared afterwards.</summary>
    public static void AssertStops(ComputeDevice device, Action issue)
    {
        Assume.That(TestDevices.IsGpu, Is.False, "Faults are tried on the simulator alone: on a GPU they end the context.");
        Assert.That(
            () =>
            {
                issue();
                device.Synchronize();
            },
            Throws.InstanceOf<GpuFaultException>());
    }
}
