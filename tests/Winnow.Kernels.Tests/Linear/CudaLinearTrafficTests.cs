using System;
using System.Linq;
using NUnit.Framework;
using Winnow.Simulator;
using Winnow.TestSupport;

namespace Winnow.Kernels.Tests.Linear;

/// <summary>What tensor cores read from shared memory lies as they want it, without a conflict of banks: counted by the simulator.</summary>
public sealed class CudaLinearTrafficTests
{
    [Test]
    public void Matmul_ReadsWholeRowsOfBanks([Values(DType.F16, DType.BF16, DType.Q4_0, DType.Q5_1, DType.Q6_K)] DType type, [Values(64, 128)] int tile)
    {
        const int Size = 256;
        NvrtcSupport.Require();
        using var simulator = new PtxSimulator(new PtxSimulatorOptions { Profiles = true });
        using LinearFixture fixture = LinearFixture.Cuda(tile: tile, device: new CudaDevice(simulator));
        var random = new Random(1);
        fixture.Project(type, WeightReference.Random(type, Size * Size, random), LinearFixture.Values(random, Size * Size), Size, Size, Size);
        KernelProfile profile = simulator.TakeProfiles().Single(kernel => kernel.Kernel == "winnow_linear_matmul");
        Assert.That(profile.Shared.Conflicts, Is.Zero);
    }
}
