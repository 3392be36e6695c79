using System;
using NUnit.Framework;
using Winnow.Kernels.Cache;
using Winnow.TestSupport;

namespace Winnow.Kernels.Tests.Cache;

public sealed class CudaSlotTests
{
    private const int Layer = 1;

    private static readonly DType[] Types = [DType.F32, DType.F16, DType.BF16];
    private static readonly int[][] Counts = [[0, 1], [15, 16], [17, 80], [53, 31]];

    [Test]
    [Pairwise]
    public void GatherSlots_BringsAPlaneToRowsAndZerosBehindIt(
        [Values(DType.F32, DType.I32)] DType type, [ValueSource(nameof(Counts))] int[] counts, [Values(0, 1, 16, 53, 257)] int entries)
    {
        using ComputeDevice device = TestDevices.Simulator(entries);
        SlotCases.Gather(device, type, counts, entries);
    }

    [Test]
    public void GatherSlots_TakesTheCachesOwnPlanes()
    {
        using ComputeDevice device = TestDevices.Simulator(1);
        SlotCases.GatherOwn(device);
    }

    [Test]
    [Pairwise]
    public void ScatterSlots_BringsRowsToTheSlotsInUseAndNoOthers(
        [Values(DType.F32, DType.I32)] DType type, [ValueSource(nameof(Counts))] int[] counts, [Values(0, 1, 16, 53, 257)] int entries)
    {
        using ComputeDevice device = TestDevices.Simulator(entries);
        SlotCases.Scatter(device, type, counts, entries);
    }

    [Test]
    [Pairwise]
    public void KeepSelected_KeepsEachHeadsList(
        [ValueSource(nameof(Types))] DType type, [ValueSource(nameof(Counts))] int[] counts, [Values(0, 3)] int spare, [Values(8, 15)] int headDim)
    {
        using ComputeDevice device = TestDevices.Simulator(spare);
        SlotCases.KeepSelected(device, type, counts, spare, headDim);
    }

    [Test]
    public void Operations_DoTheSameUnderEverySchedule()
    {
        for (int seed = 0; seed < 10; seed++)
        {
            using ComputeDevice device = TestDevices.Simulator(seed);
            SlotCases.Gather(device, DType.F32, [70, 33], 71);
            SlotCases.Scatter(device, DType.F32, [70, 33], 71);
            SlotCases.KeepSelected(device, DType.F16, [70, 33], 1);
        }
    }

    [Test]
    public void KeepSelected_OfTheBestOfAPlaneIsRecordedOnce()
    {
        using ComputeDevice device = TestDevices.Simulator(1);
        SlotCases.Evict(device);
    }

    [TestCase(new[] { 1, 1 }, 2)]
    [TestCase(new[] { 0, 20 }, 2)]
    [TestCase(new[] { -1, 1 }, 2)]
    [TestCase(new[] { 0, 1 }, 3)]
    [TestCase(new[] { 0, 1 }, -1)]
    public void KeepSelected_StopsAtListsThatDoNotFit(int[] kept, int keep)
    {
        using ComputeDevice device = TestDevices.Simulator(1);
        using var rig = new CacheRig(device, DType.F16, 1, 8, [20, 20]);
        Tensor heads = rig.Tensors.Of([0, Layer, 0, 0, Layer, 1], 2, 3);
        (Tensor lists, Tensor keeps) = (rig.Tensors.Of([5, 6, .. kept], 2, 2), rig.Tensors.Of([2, keep]));
        Faults.AssertStops(device, () => device.Cache.KeepSelected(rig.Cache, heads, lists, keeps));
    }

    [TestCase(new[] { 0, 1, 1, 0, 1, 0 }, true)]
    [TestCase(new[] { 0, 1, 0, 0, 1, 0 }, true)]
    [TestCase(new[] { 0, 1, 0, 0, 1, 2 }, false)]
    [TestCase(new[] { 0, 1, 0, 1, 1, 0 }, false)]
    public void Operations_StopAtHeadsThatDoNotFit(int[] named, bool known)
    {
        void Stops(Action<ICache, PagedKv, Tensor, Tensor> issue)
        {
            using ComputeDevice device = TestDevices.Simulator(1);
            using var rig = new CacheRig(device, DType.F16, 1, 8, [20, 20]);
            (Tensor heads, Tensor matrix) = (rig.Tensors.Of(named, 2, 3), rig.Tensors.Of(new int[2 * 9], 2, 9));
            Faults.AssertStops(device, () => issue(device.Cache, rig.Cache, heads, matrix));
        }

        Stops((cache, kv, heads, matrix) => cache.ScatterSlots(kv.Positions, kv, heads, matrix));
        Stops((cache, kv, heads, matrix) => cache.KeepSelected(kv, heads, matrix, matrix.Reshape(new Shape(18)).Rows(0, 2)));
        if (!known)
        {
            Stops((cache, kv, heads, matrix) => cache.GatherSlots(matrix, kv, heads, kv.Positions));
        }
    }

    [Test]
    public void GatherSlots_StopsAtAPageThatIsNone()
    {
        using ComputeDevice device = TestDevices.Simulator(1);
        using var rig = new CacheRig(device, DType.F16, 1, 8, [17, 17], pagesInTable: 1);
        (Tensor heads, Tensor matrix) = (rig.Tensors.Of([0, Layer, 0], 1, 3), rig.Tensors.Of(new int[17], 1, 17));
        Faults.AssertStops(device, () => device.Cache.GatherSlots(matrix, rig.Cache, heads, rig.Cache.Positions));
    }

    [Test]
    public void Operations_AllocateNothingOnceWarm()
    {
        NvrtcSupport.Require();
        using var driver = new SilentDriver();
        using var device = new CudaDevice(driver);
        using var rig = new CacheRig(device, DType.F16, 1, 8, [0, 0], layers: [0, 1]);
        Tensor heads = rig.Tensors.Of([0, Layer, 0, 0, Layer, 1], 2, 3);
        Tensor matrix = rig.Tensors.Of(new int[2 * 50], 2, 50);
        Tensor keeps = rig.Tensors.Of([0, 0]);
        void Step()
        {
            device.Cache.GatherSlots(matrix, rig.Cache, heads, rig.Cache.Positions);
            device.Cache.ScatterSlots(rig.Cache.Positions, rig.Cache, heads, matrix);
            device.Cache.KeepSelected(rig.Cache, heads, matrix, keeps);
        }

        // The second time is the first one that finds a kernel again, which sets up the comparison of its key.
        Step();
        Step();
        long before = GC.GetAllocatedBytesForCurrentThread();
        int launches = driver.Launches;
        Step();
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        Assert.That(driver.Launches - launches, Is.EqualTo(3), "one launch for each operation");
    }

    [Test]
    public void Operations_RefuseShapesBeforeAnyLaunch()
    {
        using var driver = new SilentDriver();
        using var device = new CudaDevice(driver);
        using var rig = new CacheRig(device, DType.F32, 1, 8, [0, 0]);
        PagedKv cache = rig.Cache;
        Tensor heads = rig.Tensors.Of([0, Layer, 0, 0, Layer, 1], 2, 3);
        (Tensor ints, Tensor floats) = (rig.Tensors.Of(new int[6], 2, 3), rig.Tensors.Of(new float[6], 2, 3));
        void Gather(Tensor output, Tensor named, Tensor plane) => device.Cache.GatherSlots(output, cache, named, plane);
        Assert.That(() => Gather(ints, ints.Rows(0, 1), cache.Positions), Throws.ArgumentException.With.Message.Contains("output must be I32 [1, entries]"));
        Assert.That(() => Gather(ints, ints.Reshape(new Shape(3, 2)), cache.Positions), Throws.ArgumentException.With.Message.Contains("Heads must be"));
        Assert.That(() => Gather(floats, heads, cache.Positions), Throws.ArgumentException.With.Message.Contains("output must be I32"));
        Assert.That(() => Gather(floats, heads, cache.Attributes), Throws.ArgumentException.With.Message.Contains("A plane must be"));
        Assert.That(() => device.Cache.ScatterSlots(cache.Positions, cache, heads, floats), Throws.ArgumentException.With.Message.Contains("input must be I32"));
        Assert.That(() => device.Cache.KeepSelected(cache, heads, floats, ints), Throws.ArgumentException.With.Message.Contains("Kept slots must be"));
        Assert.That(() => device.Cache.KeepSelected(cache, heads, ints, ints), Throws.ArgumentException.With.Message.Contains("counts"));
        Assert.That(driver.Launches, Is.Zero);
    }
}
