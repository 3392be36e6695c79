using System;
using System.Diagnostics;
using System.IO;
using NUnit.Framework;
using Winnow.Gpu;
using Winnow.TestSupport;

namespace Winnow.Kernels.Tests.Attention;

/// <summary>Which launch a step gets: clusters where all of them run at the same time, blocks apart elsewhere.</summary>
public sealed class CudaAttentionDecodeFormTests
{
    [TestCase(1, 257, ExpectedResult = 2)]
    [TestCase(1, 600, ExpectedResult = 4)]
    [TestCase(1, 1025, ExpectedResult = 8)]
    [TestCase(1, 4096, ExpectedResult = 16)]
    [TestCase(8, 400, ExpectedResult = 2)]
    [TestCase(4, 4097, ExpectedResult = 16, Description = "two splits a block")]
    [TestCase(8, 8192, ExpectedResult = 8, Description = "four splits a block")]
    [TestCase(4, 32_768, ExpectedResult = 16, Description = "eight splits a block")]
    public int Forward_OfFewBlocksIsOneClusterATile(int sequences, int slots) => Shape(sequences, slots).Cluster.X;

    [TestCase(1, 256, Description = "one block, which waits for none")]
    [TestCase(1, 4097, Description = "more blocks than a cluster has, and too few clusters to give all multiprocessors work")]
    [TestCase(4, 32_769, Description = "more than eight splits a block")]
    [TestCase(33, 4097, Description = "two blocks a tile, and nine splits for one of them")]
    [TestCase(64, 4097, Description = "more tiles than pairs of multiprocessors")]
    [TestCase(9, 600, Description = "more blocks than multiprocessors")]
    [TestCase(1, 600, 0, Description = "no room for a cluster")]
    [TestCase(3, 600, 5, Description = "room for fewer clusters than tiles")]
    [TestCase(1, 600, 8, "compute_80", Description = "a device without clusters")]
    public void Forward_OfOthersHasNoClusters(int sequences, int slots, int resident = 8, string architecture = "compute_90a") =>
        Assert.That(Shape(sequences, slots, resident, architecture).Cluster, Is.Default);

    [TestCase(8192, ExpectedResult = 16)]
    [TestCase(8193, ExpectedResult = 0, Description = "three splits of 16 rows, whose states are more than a block has room for")]
    public int Forward_OfSeveralSplitsABlockHasRoomForTheirRows(int slots) => Shape(4, slots, group: 16).Cluster.X;

    [Test]
    public void Forward_OverFloatsHasNoClusters() => Assert.That(Shape(1, 600, type: DType.F32).Cluster, Is.Default);

    [Test]
    public void Forward_WithSignalsIsOneClusterATileToo() => Assert.That(Shape(1, 600, signals: new SignalCase()).Cluster.X, Is.EqualTo(4));

    [TestCase(nameof(GpuDriver.Launch), 600, ExpectedResult = 0)]
    [TestCase(nameof(GpuDriver.CountResidentClusters), 600, ExpectedResult = 0)]
    [TestCase(nameof(GpuDriver.AllowLargeClusters), 4096, ExpectedResult = 0)]
    [TestCase(nameof(GpuDriver.AllowLargeClusters), 600, ExpectedResult = 4, Description = "more than eight blocks are refused, and four are not")]
    public int Forward_GoesOnWithoutClustersThatAreRefused(string call, int slots)
    {
        NvrtcSupport.Require();
        using var driver = new SilentDriver("compute_90a") { RefusedClusterCall = call };
        using var device = new CudaDevice(driver);
        using var rig = new AttentionRig(device, OneSequence(slots), hints: true);
        string said = Said(() =>
        {
            rig.RunOnly();
            rig.RunOnly();
        });

        Assert.That((driver.Launches, driver.Refusals), Is.EqualTo((2, 1)), "launches, and calls that were refused");
        Assert.That(said, Does.Contain("clusters").And.Contain("CUDA_ERROR_INVALID_CLUSTER_SIZE"));
        return driver.LastShape.Cluster.X;
    }

    [TestCase(nameof(GpuDriver.Launch))]
    [TestCase(nameof(GpuDriver.EndCapture))]
    public void Record_GoesOnWithoutClustersThatAreRefused(string call)
    {
        NvrtcSupport.Require();
        using var driver = new SilentDriver("compute_90a") { RefusedClusterCall = call };
        using var device = new CudaDevice(driver);
        using var rig = new AttentionRig(device, OneSequence(600), hints: true);
        string said = Said(() =>
        {
            using DeviceRecording recording = device.Record(rig.RunOnly);
            Assert.That(recording.IsStale, Is.False);
            recording.Launch();
            recording.Launch();
        });

        Assert.That((driver.LastShape.Cluster, driver.Refusals), Is.EqualTo(((0, 0, 0), 1)), "the last launch, and calls that were refused");
        Assert.That(said.Split("clusters"), Has.Length.EqualTo(2), "it is said once");
    }

    [Test]
    public void Launch_OfARecordingWhoseClustersAreRefusedMakesItStaleAndTheNextOneHasNone()
    {
        NvrtcSupport.Require();
        using var driver = new SilentDriver("compute_90a") { RefusedClusterCall = SilentDriver.LaunchOfGraph };
        using var device = new CudaDevice(driver);
        using var rig = new AttentionRig(device, OneSequence(600), hints: true);
        string said = Said(() =>
        {
            using DeviceRecording first = device.Record(rig.RunOnly);
            Assert.That(driver.LastShape.Cluster.X, Is.EqualTo(4));
            Assert.That(first.Launch, Throws.TypeOf<CudaException>());
            Assert.That(first.IsStale);
            using DeviceRecording second = device.Record(rig.RunOnly);
            second.Launch();
            Assert.That(second.IsStale, Is.False);
        });

        Assert.That((driver.LastShape.Cluster, driver.Refusals), Is.EqualTo(((0, 0, 0), 1)), "the last launch, and calls that were refused");
        Assert.That(said, Does.Contain("clusters").And.Contain("CUDA_ERROR_INVALID_CLUSTER_SIZE"));
    }

    private static AttentionCase OneSequence(int slots)
    {
        var one = new AttentionCase { Type = DType.BF16, HeadDim = 64, KvHeads = 2, Group = 2 };
        one.Add(new Random(1), 1, slots - 1);
        return one;
    }

    // What is traced meanwhile.
    private static string Said(Action action)
    {
        using StringWriter said = new();
        using TextWriterTraceListener listener = new(said);
        Trace.Listeners.Add(listener);
        try
        {
            action();
        }
        finally
        {
            Trace.Listeners.Remove(listener);
        }

        return said.ToString();
    }

    private static LaunchShape Shape(
        int sequences, int slots, int resident = 16, string architecture = "compute_90a", DType type = DType.BF16, SignalCase? signals = null, int group = 2)
    {
        NvrtcSupport.Require();
        using var driver = new SilentDriver(architecture) { ResidentClusters = resident };
        using var device = new CudaDevice(driver);
        var one = new AttentionCase { Type = type, HeadDim = 64, KvHeads = 2, Group = group };
        for (int i = 0; i < sequences; i++)
        {
            // One says how long the grid is.
            one.Add(new Random(i), 1, i == 0 ? slots - 1 : 20);
        }

        using var rig = new AttentionRig(device, one, signals: signals, hints: true);
        rig.RunOnly();
        return driver.LastShape;
    }
}
