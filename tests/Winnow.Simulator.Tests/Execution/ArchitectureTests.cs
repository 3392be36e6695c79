using System;
using NUnit.Framework;
using Winnow.Gpu;

namespace Winnow.Simulator.Tests.Execution;

/// <summary>The devices that the simulator can be.</summary>
public sealed class ArchitectureTests
{
    [TestCase("compute_80", 80, 163)]
    [TestCase("compute_90a", 90, 227)]
    public void Properties_AreThoseOfArchitecture(string architecture, int capability, int sharedKilobytes)
    {
        using PtxSimulator driver = new(new PtxSimulatorOptions { Architecture = architecture });

        Assert.That(driver.Architecture, Is.EqualTo(architecture));
        Assert.That(driver.Properties.ComputeCapability, Is.EqualTo(capability));
        Assert.That(driver.Properties.MaxSharedBytesPerBlock, Is.EqualTo(sharedKilobytes * 1024));
    }

    [Test]
    public void Architecture_OfDefaultOptionsIsAmpere()
    {
        using PtxSimulator driver = new();

        Assert.That(driver.Architecture, Is.EqualTo("compute_80"));
    }

    [TestCase("compute_75")]
    [TestCase("sm_90a")]
    [TestCase("")]
    public void Constructor_OfUnknownArchitectureThrows(string architecture)
        => Assert.That(() => new PtxSimulator(new PtxSimulatorOptions { Architecture = architecture }), Throws.InstanceOf<ArgumentException>());

    [Test]
    public unsafe void Launch_OnHopperMayHaveItsSharedMemory()
    {
        const string kernel = """
            extern __shared__ int tile[];
            extern "C" __global__ void test(int* out, int n) { tile[n - 1] = 7; out[0] = tile[n - 1]; }
            """;
        using SimulatedKernel test = new(kernel, new PtxSimulatorOptions { Architecture = "compute_90a" });
        nint result = test.Buffer(sizeof(int));
        test.Driver.AllowSharedBytes(test.Function, 227 * 1024);
        test.Launch(LaunchShape.Linear(1, 1, 227 * 1024), result, 227 * 256);

        Assert.That(test.Read<int>(result, 1)[0], Is.EqualTo(7));
    }
}
