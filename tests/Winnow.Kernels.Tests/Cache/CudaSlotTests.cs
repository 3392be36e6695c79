using System;
using NUnit.Framework;
using Winnow.Kernels.Cache;
using Winnow.Kernels.Norm;
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
    public void GatherVectors_WidensKeysAndValuesAndGivesZerosBehindThem(
        [ValueSource(nameof(Types))] DType type,
        [ValueSource(nameof(Counts))] int[] counts,
        [Values(0, 1, 16, 81)] int entries,
        [Values(8, 15, 24)] int headDim,
        [Values] bool values,
        [Values] bool aligned)
    {
        using ComputeDevice device = TestDevices.Simulator(entries);
        SlotCases.Vectors(device, type, counts, entries, headDim, values, aligned);
    }

    [Test]
    [Pairwise]
    public void Rerotate_AgreesWithDoublePrecisionAndKeepsWhatStays(
        [ValueSource(nameof(Types))] DType type, [Values] RopeLayout layout, [Values(8, 24, 128)] int headDim, [Values(0, 1, 2)] int part)
    {
        using ComputeDevice device = TestDevices.Simulator(headDim);
        new RerotatedCase(type, layout, headDim, part == 0 ? 0 : headDim / part).Check(device);
    }

    [Test]
    public void Rerotate_GivesTheKeyOfTheNewPosition([Values] RopeLayout layout)
    {
        using ComputeDevice device = TestDevices.Simulator(1);
        RerotatedCase.CheckAgainstAppend(device, layout);
    }

    [Test]
    public void Rerotate_HasTheSameBitsUnderEverySchedule()
    {
        var rerotated = new RerotatedCase(DType.BF16, RopeLayout.HalfSplit, 64, 48);
        byte[] Run(int seed)
        {
            using ComputeDevice device = TestDevices.Simulator(seed);
            return rerotated.Bytes(device);
        }

        byte[] first = Run(0);
        for (int seed = 1; seed < 10; seed++)
        {
            Assert.That(Run(seed), Is.EqualTo(first), $"seed {seed}");
        }
    }

    [Test]
    public void Rerotate_RecordedOnceFollowsTheLengths()
    {
        using ComputeDevice device = TestDevices.Simulator(1);
        RerotatedCase.CheckRecorded(device);
    }

    [Test]
    public void Rerotate_StopsAtLengthsBelowTheCount()
    {
        using ComputeDevice device = TestDevices.Simulator(1);
        using var rig = new CacheRig(device, DType.F16, 1, 8, [20, 20]);
        Tensor heads = rig.Tensors.Of([0, Layer, 0, 0, Layer, 1], 2, 3);
        (Tensor lengths, Tensor frequencies) = (rig.Tensors.Of([20, 19]), rig.Tensors.Of([1f, 0.1f]));
        Faults.AssertStops(device, () => device.Cache.Rerotate(rig.Cache, heads, lengths, frequencies, RopeLayout.HalfSplit));
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
            SlotCases.Vectors(device, DType.F16, [70, 33], 71, 8, values: true, aligned: true);
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
        Tensor vectors = rig.Tensors.Of(new float[2 * 50 * 8], 2, 50, 8);
        (Tensor lengths, Tensor frequencies) = (rig.Tensors.Of([50, 50]), rig.Tensors.Of([1f, 0.1f]));
        Tensor keeps = rig.Tensors.Of([0, 0]);
        void Step()
        {
            device.Cache.GatherSlots(matrix, rig.Cache, heads, rig.Cache.Positions);
            device.Cache.ScatterSlots(rig.Cache.Positions, rig.Cache, heads, matrix);
            device.Cache.GatherVectors(vectors, rig.Cache, heads, values: false);
            device.Cache.Rerotate(rig.Cache, heads, lengths, frequencies, RopeLayout.HalfSplit);
            device.Cache.KeepSelected(rig.Cache, heads, matrix, keeps);
        }

        // The second time is the first one that finds a kernel again, which sets up the comparison of its key.
        Step();
        Step();
        long before = GC.GetAllocatedBytesForCurrentThread();
        int launches = driver.Launches;
        Step();
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        Assert.That(driver.Launches - launches, Is.EqualTo(5), "one launch for each operation");
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
        Tensor counts = rig.Tensors.Of(new int[2]);
        void Gather(Tensor output, Tensor named, Tensor plane) => device.Cache.GatherSlots(output, cache, named, plane);
        Assert.That(() => Gather(ints, ints.Rows(0, 1), cache.Positions), Throws.ArgumentException.With.Message.Contains("output must be I32 [1, entries]"));
        Assert.That(() => Gather(ints, ints.Reshape(new Shape(3, 2)), cache.Positions), Throws.ArgumentException.With.Message.Contains("Heads must be"));
        Assert.That(() => Gather(floats, heads, cache.Positions), Throws.ArgumentException.With.Message.Contains("output must be I32"));
        Assert.That(() => Gather(floats, heads, cache.Attributes), Throws.ArgumentException.With.Message.Contains("A plane must be"));
        Assert.That(() => device.Cache.ScatterSlots(cache.Positions, cache, heads, floats), Throws.ArgumentException.With.Message.Contains("input must be I32"));
        Assert.That(() => device.Cache.KeepSelected(cache, heads, floats, ints), Throws.ArgumentException.With.Message.Contains("Kept slots must be"));
        Assert.That(() => device.Cache.KeepSelected(cache, heads, ints, ints), Throws.ArgumentException.With.Message.Contains("counts"));
        Tensor cube = rig.Tensors.Of(new float[2 * 3 * 8], 2, 3, 8);
        void Vectors(Tensor output) => device.Cache.GatherVectors(output, cache, heads, values: true);
        Assert.That(() => Vectors(floats), Throws.ArgumentException.With.Message.Contains("F32 [2, entries, 8]"));
        Assert.That(() => Vectors(cube.Reshape(new Shape(2, 8, 3))), Throws.ArgumentException.With.Message.Contains("F32 [2, entries, 8]"));
        void Rerotate(Tensor lengths, Tensor frequencies, RopeLayout layout) => device.Cache.Rerotate(cache, heads, lengths, frequencies, layout);
        Assert.That(() => Rerotate(ints, floats, RopeLayout.HalfSplit), Throws.ArgumentException.With.Message.Contains("lengths"));
        Assert.That(() => Rerotate(counts, floats, RopeLayout.HalfSplit), Throws.ArgumentException.With.Message.Contains("12 rotary dimensions do not fit heads of 8"));
        Assert.That(() => Rerotate(counts, floats.Rows(0, 1), (RopeLayout)5), Throws.ArgumentException.With.Message.Contains("layout"));
        Assert.That(driver.Launches, Is.Zero);
    }
}
