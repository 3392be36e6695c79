using System.Diagnostics;
using NUnit.Framework;
using Winnow.TestSupport;

namespace Winnow.Gpu;

/// <summary>Tests of a real GPU are skipped where there is none, and say why.</summary>
public sealed class RequiresGpuTests
{
    [SetUp]
    public void PutFakeInPlace() => FakeCuda.Require();

    [TestCase("devices", 0, "sees no GPU")]
    [TestCase("version", 10020, "too old: Winnow needs 11.2 or newer")]
    [TestCase("capability", 75, "compute capability 7.5")]
    public void Problem_WithoutAGpuIsThatOfTheProbe(string key, int value, string reason)
    {
        FakeCuda.Set(key, value);
        GpuProbe probe = CudaDriver.Probe();

        Assert.That(probe.Problem, Does.Contain(reason));
        Assert.That(RequiresGpuAttribute.Problem(probe, minimumCapability: 0), Is.EqualTo(probe.Problem));
    }

    [TestCase(80, 0, "")]
    [TestCase(90, 90, "")]
    [TestCase(89, 90, "Fake GPU 0 has compute capability 8.9; the test needs 9.0 or newer.")]
    public void Problem_OfADeviceThatIsTooOldNamesBothCapabilities(int capability, int minimum, string reason)
    {
        FakeCuda.Set("capability", capability);

        Assert.That(RequiresGpuAttribute.Problem(CudaDriver.Probe(), minimum), Is.EqualTo(reason));
    }

    [Test]
    public void Tests_MarkedWithItAreSkippedOnABuildMachine()
    {
        using Process process = ThisProgram.Start(nameof(CudaHardwareTests), ("CI", "true"));
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();

        Assert.That(output, Does.Contain("failed: 0").And.Contain("succeeded: 0").And.Contain("skipped: 3"));
        Assert.That(output, Does.Contain("The CUDA driver").Or.Contains("which is no GPU"), "the reason");
    }
}
