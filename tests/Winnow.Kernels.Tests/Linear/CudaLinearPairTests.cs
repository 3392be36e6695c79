using System.Diagnostics;
using System.IO;
using NUnit.Framework;
using Winnow.Gpu;
using Winnow.Kernels.Linear;
using Winnow.TestSupport;

namespace Winnow.Kernels.Tests.Linear;

/// <summary>When products of many rows are made by pairs of blocks. What they compute, CudaLinearHopperTests say.</summary>
public sealed class CudaLinearPairTests
{
    [Test]
    public void Project_OfTwoRowTilesIsMadeByPairsOfBlocks()
    {
        LaunchShape shape = Shape(256);
        Assert.That(shape.Cluster, Is.EqualTo((2, 1, 1)));
        Assert.That(shape.GridX, Is.EqualTo(16), "tiles of 64 columns");
    }

    [TestCase(128, Description = "one row tile")]
    [TestCase(257, Description = "three of them")]
    [TestCase(256, 7, Description = "room for fewer pairs than there are tiles")]
    [TestCase(256, 66, "compute_80", Description = "a device without clusters")]
    public void Project_OfOthersIsMadeByBlocksApart(int rows, int resident = 66, string architecture = "compute_90a") =>
        Assert.That(Shape(rows, resident, architecture).Cluster, Is.Default);

    [TestCase(nameof(GpuDriver.Launch))]
    [TestCase(nameof(GpuDriver.CountResidentClusters))]
    public void Project_GoesOnWithoutPairsThatAreRefused(string call)
    {
        NvrtcSupport.Require();
        using var driver = new SilentDriver("compute_90a") { RefusedClusterCall = call, ResidentClusters = 66 };
        using StringWriter said = new();
        using TextWriterTraceListener listener = new(said);
        Trace.Listeners.Add(listener);
        try
        {
            Project(driver, 256, times: 2);
        }
        finally
        {
            Trace.Listeners.Remove(listener);
        }

        Assert.That((driver.Launches, driver.Refusals), Is.EqualTo((4, 1)), "launches, two of which pack, and calls that were refused");
        Assert.That(said.ToString(), Does.Contain("clusters").And.Contain("CUDA_ERROR_INVALID_CLUSTER_SIZE"));
        Assert.That(driver.LastShape.Cluster, Is.Default);
    }

    private static LaunchShape Shape(int rows, int resident = 66, string architecture = "compute_90a")
    {
        NvrtcSupport.Require();
        using var driver = new SilentDriver(architecture) { ResidentClusters = resident };
        Project(driver, rows, times: 1);
        return driver.LastShape;
    }

    private static void Project(SilentDriver driver, int rows, int times)
    {
        const int Inputs = 64;
        const int Outputs = 8 * 64;
        using var device = new CudaDevice(driver);
        using var tensors = new TestTensors(device);
        Tensor input = tensors.Of(new float[rows * Inputs], rows, Inputs);
        var projection = new Projection
        {
            Output = tensors.Of(new float[rows * Outputs], rows, Outputs),
            Weight = tensors.Of(DType.BF16, new ushort[Outputs * Inputs], Outputs, Inputs),
        };
        for (int i = 0; i < times; i++)
        {
            device.Linear.Project(input, projection);
        }
    }
}
