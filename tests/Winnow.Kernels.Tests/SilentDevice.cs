using System;
using NUnit.Framework;
using Winnow.TestSupport;

namespace Winnow.Kernels.Tests;

/// <summary>The CUDA forms over a driver that runs nothing: for what they do before a launch.</summary>
internal sealed class SilentDevice : IDisposable
{
    private readonly SilentDriver _driver;

    /// <param name="architecture">What it is.</param>
    public SilentDevice(string architecture = "compute_80")
    {
        _driver = new SilentDriver(architecture);
        Device = new CudaDevice(_driver);
    }

    public CudaDevice Device { get; }

    /// <summary>Fails where a call, of which nothing may come, launches a kernel.</summary>
    public static void AssertNoLaunch(Action<CudaDevice> call)
    {
        using var silent = new SilentDevice();
        call(silent.Device);
        Assert.That(silent._driver.Launches, Is.Zero, "launches");
    }

    /// <summary>Fails where a warmed-up step allocates on the managed heap, or has not so many launches.</summary>
    public void AssertAllocatesNothing(Action step, int launches)
    {
        NvrtcSupport.Require();
        Allocations.AssertNone(step);
        int before = _driver.Launches;
        step();
        Assert.That(_driver.Launches - before, Is.EqualTo(launches), "launches of a step");
    }

    public void Dispose()
    {
        Device.Dispose();
        _driver.Dispose();
    }
}
