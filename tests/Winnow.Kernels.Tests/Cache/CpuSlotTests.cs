using System;
using NUnit.Framework;
using Winnow.Kernels.Cache;
using Winnow.Kernels.Norm;

namespace Winnow.Kernels.Tests.Cache;

public sealed class CpuSlotTests
{
    private const int Layer = 1;

    private static readonly DType[] Types = [DType.F32, DType.F16, DType.BF16];
    private static readonly int[][] Counts = [[0, 1], [15, 16], [17, 80], [53, 31]];

    [Test]
    public void GatherSlots_BringsAPlaneToRowsAndZerosBehindIt(
        [Values(DType.F32, DType.I32)] DType type, [ValueSource(nameof(Counts))] int[] counts, [Values(0, 1, 16, 53, 131)] int entries, [Values(1, 3)] int threads)
    {
        using var device = new CpuDevice(threads);
        SlotCases.Gather(device, type, counts, entries);
    }

    [Test]
    public void GatherSlots_TakesTheCachesOwnPlanes()
    {
        using var device = new CpuDevice(2);
        SlotCases.GatherOwn(device);
    }

    [Test]
    public void ScatterSlots_BringsRowsToTheSlotsInUseAndNoOthers(
        [Values(DType.F32, DType.I32)] DType type, [ValueSource(nameof(Counts))] int[] counts, [Values(0, 1, 16, 53, 131)] int entries, [Values(1, 3)] int threads)
    {
        using var device = new CpuDevice(threads);
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
        [Values] bool aligned,
        [Values(1, 3)] int threads)
    {
        using var device = new CpuDevice(threads);
        SlotCases.Vectors(device, type, counts, entries, headDim, values, aligned);
    }

    [Test]
    [Pairwise]
    public void Rerotate_AgreesWithDoublePrecisionAndKeepsWhatStays(
        [ValueSource(nameof(Types))] DType type, [Values] RopeLayout layout, [Values(8, 24, 128, 300)] int headDim, [Values(0, 1, 2)] int part, [Values(1, 3)] int threads)
    {
        using var device = new CpuDevice(threads);
        new RerotatedCase(type, layout, headDim, part == 0 ? 0 : headDim / part).Check(device);
    }

    [Test]
    public void Rerotate_GivesTheKeyOfTheNewPosition([Values] RopeLayout layout)
    {
        using var device = new CpuDevice(2);
        RerotatedCase.CheckAgainstAppend(device, layout);
    }

    [Test]
    public void Rerotate_RefusesLengthsBelowTheCountAndChangesNothing()
    {
        using var device = new CpuDevice(1);
        using var rig = new CacheRig(device, DType.F16, 1, 8, [20, 20]);
        Tensor heads = rig.Tensors.Of([0, Layer, 0, 0, Layer, 1], 2, 3);
        Tensor frequencies = rig.Tensors.Of([1f, 0.1f]);
        Assert.That(
            () => device.Cache.Rerotate(rig.Cache, heads, rig.Tensors.Of([20, 19]), frequencies, RopeLayout.HalfSplit),
            Throws.ArgumentException.With.Message.Contains("cannot end before position 19"));
        rig.AssertOthersUntouched([]);
    }

    [Test]
    public void KeepSelected_KeepsEachHeadsList(
        [ValueSource(nameof(Types))] DType type, [ValueSource(nameof(Counts))] int[] counts, [Values(0, 3)] int spare, [Values(1, 3)] int threads)
    {
        using var device = new CpuDevice(threads);
        SlotCases.KeepSelected(device, type, counts, spare);
    }

    [Test]
    public void KeepSelected_OfTheBestOfAPlaneDropsTheOthers()
    {
        using var device = new CpuDevice(2);
        SlotCases.Evict(device);
    }

    [TestCase(new[] { 1, 1 }, 2, "ascend")]
    [TestCase(new[] { 0, 20 }, 2, "below the count 20")]
    [TestCase(new[] { -1, 1 }, 2, "ascend")]
    [TestCase(new[] { 0, 1 }, 3, "capacity 2")]
    [TestCase(new[] { 0, 1 }, -1, "capacity 2")]
    public void KeepSelected_RefusesListsThatDoNotFitAndChangesNothing(int[] kept, int keep, string rule)
    {
        using var device = new CpuDevice(1);
        using var rig = new CacheRig(device, DType.F16, 1, 8, [20, 20]);
        Tensor heads = rig.Tensors.Of([0, Layer, 0, 0, Layer, 1], 2, 3);
        Assert.That(
            () => device.Cache.KeepSelected(rig.Cache, heads, rig.Tensors.Of([5, 6, .. kept], 2, 2), rig.Tensors.Of([2, keep])),
            Throws.ArgumentException.With.Message.Contains(rule));
        Assert.That(rig.Count(0, Layer, 0), Is.EqualTo(20));
        rig.AssertOthersUntouched([]);
    }

    [TestCase(new[] { 0, 1, 1, 0, 1, 0 }, "ascend")]
    [TestCase(new[] { 0, 1, 0, 0, 1, 0 }, "ascend")]
    [TestCase(new[] { 0, 1, 0, 0, 1, 2 }, "no head")]
    [TestCase(new[] { 0, 1, 0, 1, 1, 0 }, "no head")]
    public void Operations_RefuseHeadsThatDoNotFit(int[] named, string rule)
    {
        using var device = new CpuDevice(1);
        using var rig = new CacheRig(device, DType.F16, 1, 8, [20, 20]);
        (Tensor heads, Tensor matrix) = (rig.Tensors.Of(named, 2, 3), rig.Tensors.Of(new int[2 * 9], 2, 9));
        Tensor keeps = rig.Tensors.Of([0, 0]);
        PagedKv cache = rig.Cache;
        Assert.That(() => device.Cache.ScatterSlots(cache.Positions, cache, heads, matrix), Throws.ArgumentException.With.Message.Contains(rule));
        Assert.That(() => device.Cache.KeepSelected(cache, heads, matrix, keeps), Throws.ArgumentException.With.Message.Contains(rule));
        void Gather() => device.Cache.GatherSlots(matrix, cache, heads, cache.Positions);
        Assert.That(Gather, rule == "ascend" ? Throws.Nothing : Throws.ArgumentException.With.Message.Contains(rule));
        rig.AssertOthersUntouched([]);
    }

    [Test]
    public void Operations_RefuseAnUnknownPage()
    {
        using var device = new CpuDevice(1);
        using var rig = new CacheRig(device, DType.F16, 1, 8, [17, 17], pagesInTable: 1);
        (Tensor heads, Tensor matrix) = (rig.Tensors.Of([0, Layer, 0], 1, 3), rig.Tensors.Of(new int[17], 1, 17));
        Assert.That(() => device.Cache.GatherSlots(matrix, rig.Cache, heads, rig.Cache.Positions), Throws.ArgumentException.With.Message.Contains("page id"));
        Assert.That(() => device.Cache.ScatterSlots(rig.Cache.Positions, rig.Cache, heads, matrix), Throws.ArgumentException.With.Message.Contains("page id"));
    }

    [Test]
    public void Operations_AllocateNothingAfterTheFirstCall()
    {
        using var device = new CpuDevice(2);
        using var rig = new CacheRig(device, DType.F16, 1, 8, [40, 33], layers: [0, 1]);
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

        Step();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 20; i++)
        {
            Step();
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }
}
