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

    // Rows that tensor maps can describe, and enough of them.
    [TestCase(DType.BF16, 65, 72, "winnow_linear_matmul_hopper")]
    [TestCase(DType.F16, 128, 8, "winnow_linear_matmul_hopper")]
    [TestCase(DType.BF16, 64, 72, "winnow_linear_matmul")]
    [TestCase(DType.BF16, 65, 70, "winnow_linear_matmul")]
    [TestCase(DType.Q8_0, 65, 64, "winnow_linear_matmul")]
    [TestCase(DType.Q8_0, 65, 256, "winnow_linear_matmul_hopper_blocks")]
    [TestCase(DType.Q4_K, 64, 256, "winnow_linear_matmul")]
    [TestCase(DType.Q6_K, 65, 2048, "winnow_linear_matmul")]
    [TestCase(DType.IQ4_NL, 65, 256, "winnow_linear_matmul")]
    [TestCase(DType.BF16, 1, 8, "winnow_linear_row")]
    [TestCase(DType.BF16, 8, 2056, "winnow_linear_row")]
    [TestCase(DType.Q8_0, 2, 4352, "winnow_linear_row")]
    [TestCase(DType.Q4_K, 8, 4352, "winnow_linear_row")]
    [TestCase(DType.Q4_K, 8, 16384, "winnow_linear_row")]
    [TestCase(DType.Q6_K, 1, 256, "winnow_linear_row")]
    [TestCase(DType.BF16, 8, 2055, "winnow_linear_matvec")]
    [TestCase(DType.BF16, 9, 8, "winnow_linear_row")]
    [TestCase(DType.Q4_0, 16, 32, "winnow_linear_row")]
    public void Project_OnHopperTakesItsKernelWhereItCan(DType type, int rows, int inputs, string expected)
    {
        const int Outputs = 9;
        NvrtcSupport.Require();
        using var simulator = new PtxSimulator(new PtxSimulatorOptions { Profiles = true, Architecture = "compute_90a" });
        using LinearFixture fixture = LinearFixture.Hopper(device: new CudaDevice(simulator));
        var random = new Random(1);
        fixture.Project(type, WeightReference.Random(type, Outputs * inputs, random), LinearFixture.Values(random, rows * inputs), rows, inputs, Outputs);
        Assert.That(simulator.TakeProfiles().Select(kernel => kernel.Kernel), Does.Contain(expected));
    }
}
