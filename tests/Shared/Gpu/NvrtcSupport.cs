using System;
using NUnit.Framework;
using Winnow.Gpu;

namespace Winnow.TestSupport;

/// <summary>For tests that compile kernels: where NVRTC is missing they are skipped with the reason, on a build machine they fail.</summary>
internal static class NvrtcSupport
{
    /// <summary>Skips or fails the test unless kernels can be compiled.</summary>
    public static void Require()
    {
        GpuProbe nvrtc = KernelCompiler.Probe();
        if (nvrtc.IsUsable)
        {
            return;
        }

        if (IsBuildMachine)
        {
            Assert.Fail(nvrtc.Problem);
        }

        Assert.Ignore(nvrtc.Problem);
    }

    /// <summary>Whether nothing that the tests need may be missing.</summary>
    public static bool IsBuildMachine => Environment.GetEnvironmentVariable("CI") is "true" or "1";
}
