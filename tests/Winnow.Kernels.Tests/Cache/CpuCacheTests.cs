using System;
using System.Linq;
using NUnit.Framework;
using Winnow.Kernels.Cache;
using Winnow.Kernels.Norm;

namespace Winnow.Kernels.Tests.Cache;

public sealed class CpuCacheTests
{
    private const int HeadDim = 24;
    private const int Layer = 1;

    private static readonly DType[] Types = [DType.F32, DType.F16, DType.BF16];

    [Test]
    public void Append_GrowsEveryHeadBehindWhatItHolds(
        [ValueSource(nameof(Types))] DType type, [Values(0, 1, 15, 16, 17, 31)] int held, [Values(1, 15, 16, 17, 33)] int tokens, [Values(1, 3)] int threads)
    {
        using var device = new CpuDevice(threads);
        CacheCases.Append(device, type, held, tokens, HeadDim);
    }

    [Test]
    public void Append_OfSeveralSequencesGivesEachItsOwn([ValueSource(nameof(Types))] DType type, [Values(0, 4, 7)] int mostTokens)
    {
        using var device = new CpuDevice(2);
        CacheCases.AppendSeveral(device, type, mostTokens);
    }

    [Test]
    public void Append_KeepsTheNormsThatAreAskedFor([ValueSource(nameof(Types))] DType type, [Values(8, 24, 128)] int headDim)
    {
        using var device = new CpuDevice(2);
        CacheCases.AppendWithNorms(device, type, headDim);
    }

    [TestCase(3)]
    [TestCase(-1)]
    public void Append_RefusesAPlaneThatIsNone(int plane)
    {
        using var device = new CpuDevice(1);
        using var rig = new CacheRig(device, DType.F32, 1, HeadDim, [0, 0]);
        (RaggedBatch batch, Tensor keys) = OneSequence(rig, 1);
        Assert.That(
            () => device.Cache.Append(rig.Cache, batch, Layer, keys, keys, new SlotNorms { ValueL2 = plane }), Throws.ArgumentException.With.Message.Contains("Plane"));
    }

    [Test]
    public void Append_PastThePagesIsRefusedAndChangesNothing()
    {
        using var device = new CpuDevice(1);
        using var rig = new CacheRig(device, DType.F32, 1, HeadDim, [70, 70]);
        (RaggedBatch batch, Tensor keys) = OneSequence(rig, 11);
        Assert.That(() => device.Cache.Append(rig.Cache, batch, Layer, keys, keys), Throws.ArgumentException);
        rig.AssertOthersUntouched([]);
    }

    [Test]
    public void Append_OfARowNamedTwiceStaysWithinItsPages()
    {
        using var device = new CpuDevice(1);
        using var rig = new CacheRig(device, DType.F32, 1, HeadDim, [60, 60]);
        Tensor keys = rig.Tensors.Of(new float[24 * 2 * HeadDim]);
        RaggedBatch batch = rig.Batch([0, 0], [0, 12, 24], [.. Enumerable.Range(0, 24)]);
        Assert.That(() => device.Cache.Append(rig.Cache, batch, Layer, keys, keys), Throws.ArgumentException);
        Assert.That(rig.Count(0, Layer, 0), Is.EqualTo(72));
    }

    [Test]
    public void Append_IntoAnUnknownPageIsRefused()
    {
        using var device = new CpuDevice(1);
        using var rig = new CacheRig(device, DType.F32, 1, HeadDim, [16, 16], pagesInTable: 1);
        (RaggedBatch batch, Tensor keys) = OneSequence(rig, 1);
        Assert.That(() => device.Cache.Append(rig.Cache, batch, Layer, keys, keys), Throws.ArgumentException);
    }

    [TestCase(2, 0)]
    [TestCase(-1, 0)]
    [TestCase(4, 0)]
    [TestCase(3, -1)]
    [TestCase(3, 81)]
    public void Append_RefusesHintsThatAreNoBounds(int mostTokens, int mostSlots)
    {
        using var device = new CpuDevice(1);
        using var rig = new CacheRig(device, DType.F32, 1, HeadDim, [0, 0]);
        (RaggedBatch batch, Tensor keys) = OneSequence(rig, 3);
        RaggedBatch hinted = batch with { MostTokens = mostTokens, MostSlots = mostSlots };
        Assert.That(
            () => device.Cache.Append(rig.Cache, hinted, Layer, keys, keys), Throws.ArgumentException.With.Message.Contains(mostTokens == 3 ? "MostSlots" : "MostTokens"));
        device.Cache.Append(rig.Cache, batch with { MostTokens = 3, MostSlots = 80 }, Layer, keys, keys);
    }

    [Test]
    public void AppendRotated_AgreesWithDoublePrecisionAndTheSingleSteps(
        [ValueSource(nameof(Types))] DType type, [Values] RopeLayout layout, [Values(8, 24, 128)] int headDim, [Values(1, 2)] int part, [Values] bool normed)
    {
        using var device = new CpuDevice(2);
        var rotated = new RotatedCase(type, layout, headDim, headDim / part, normed);
        rotated.Check(device);
        rotated.CheckAgainstSteps(device);
        rotated.CheckAlone(device);
    }

    [Test]
    public void AppendRotated_RefusesQueriesAndTablesThatDoNotFitAndChangesNothing()
    {
        using var device = new CpuDevice(1);
        using var rig = new CacheRig(device, DType.F32, 1, HeadDim, [0, 0]);
        (RaggedBatch batch, Tensor keys) = OneSequence(rig, 3);
        Tensor queries = rig.Tensors.Of(TestTensors.Random(new Random(1), 3 * HeadDim), 3, HeadDim);
        float[] before = rig.Tensors.Floats(queries);
        var rotation = new Rotation { Table = rig.Tensors.Of(new float[3 * 8], 3, 4, 2), Layout = RopeLayout.HalfSplit };
        void Append(Tensor rows, Rotation how) => device.Cache.AppendRotated(rig.Cache, batch, Layer, rows, keys, keys, how);
        Assert.That(() => Append(queries.Rows(0, 2), rotation), Throws.ArgumentException.With.Message.Contains("row for each of 3"));
        Assert.That(() => Append(queries, rotation with { Table = rotation.Table.Rows(0, 2) }), Throws.ArgumentException.With.Message.Contains("table"));
        Assert.That(() => Append(queries, rotation with { KeyNorm = queries }), Throws.ArgumentException);
        Assert.That(() => Append(queries, rotation with { Layout = (RopeLayout)5 }), Throws.ArgumentException.With.Message.Contains("layout"));
        Assert.That(() => device.Cache.AppendRotated(rig.Cache, batch, Layer, queries, queries, keys, rotation), Throws.ArgumentException);
        Assert.That(rig.Tensors.Floats(queries), Is.EqualTo(before));
        rig.AssertOthersUntouched([]);
    }

    [Test]
    public void Compact_KeepsTheChosenSlotsInOrder(
        [ValueSource(nameof(Types))] DType type, [Values(1, 16, 17, 53)] int count, [Values(0, 1, 2, 3, 4)] int pattern, [Values] bool asList)
    {
        using var device = new CpuDevice(2);
        CacheCases.Compact(device, type, count, pattern, HeadDim, asList);
    }

    [Test]
    public void Compact_OfManyHeadsKeepsEachOnesList([ValueSource(nameof(Types))] DType type, [Values(1, 3)] int threads)
    {
        using var device = new CpuDevice(threads);
        CacheCases.CompactMany(device, type);
    }

    [TestCase(new[] { 1, 1 })]
    [TestCase(new[] { 2, 1 })]
    [TestCase(new[] { -1, 1 })]
    [TestCase(new[] { 0, 20 })]
    public void Compact_RefusesSlotsThatDoNotAscendBelowTheCount(int[] kept)
    {
        using var device = new CpuDevice(1);
        using var rig = new CacheRig(device, DType.F16, 1, HeadDim, [20, 20]);
        Assert.That(() => device.Cache.Compact(rig.Cache, 0, Layer, 0, rig.Tensors.Of(kept)), Throws.ArgumentException);
        Assert.That(() => device.Cache.Compact(rig.Cache, rig.Tensors.Of([0, 1, 0], 1, 3), rig.Tensors.Of([0, 2]), rig.Tensors.Of(kept)), Throws.ArgumentException);
    }

    [TestCase(new[] { 0, 1, 1, 0, 1, 0 }, new[] { 0, 1, 2 }, "ascend")]
    [TestCase(new[] { 0, 1, 0, 0, 1, 0 }, new[] { 0, 1, 2 }, "ascend")]
    [TestCase(new[] { 0, 1, 0, 0, 1, 2 }, new[] { 0, 1, 2 }, "no head")]
    [TestCase(new[] { 0, 1, 0, 0, 1, 1 }, new[] { 0, 1, 3 }, "within 2")]
    [TestCase(new[] { 0, 1, 0, 0, 1, 1 }, new[] { 0, 2, 1 }, "ascend")]
    public void Compact_RefusesListsThatDoNotFit(int[] heads, int[] starts, string rule)
    {
        using var device = new CpuDevice(1);
        using var rig = new CacheRig(device, DType.F16, 1, HeadDim, [20, 20]);
        Assert.That(
            () => device.Cache.Compact(rig.Cache, rig.Tensors.Of(heads, 2, 3), rig.Tensors.Of(starts), rig.Tensors.Of([5, 6])),
            Throws.ArgumentException.With.Message.Contains(rule));
        rig.AssertOthersUntouched([]);
    }

    [Test]
    public void KeepAccepted_KeepsAPathInEveryHead([ValueSource(nameof(Types))] DType type, [Values(1, 3)] int threads)
    {
        using var device = new CpuDevice(threads);
        CacheCases.KeepAccepted(device, type);
    }

    [TestCase(new[] { 0, 0, -1 }, 2, "ascend")]
    [TestCase(new[] { 0, 3, -1 }, 2, "ascend")]
    [TestCase(new[] { 0, 1, 2 }, 4, "within 3")]
    public void KeepAccepted_RefusesTokensThatAreNotOfTheStep(int[] accepted, int end, string rule)
    {
        using var device = new CpuDevice(1);
        using var rig = new CacheRig(device, DType.F32, 1, HeadDim, [20, 20], layers: [0, 1]);
        (RaggedBatch batch, _) = OneSequence(rig, 3);
        Assert.That(
            () => device.Cache.KeepAccepted(rig.Cache, batch, rig.Tensors.Of([0, end]), rig.Tensors.Of(accepted)), Throws.ArgumentException.With.Message.Contains(rule));
        rig.AssertOthersUntouched([]);
    }

    [Test]
    public void CopyPages_CopiesKeysValuesPositionsAndAttributes([ValueSource(nameof(Types))] DType type)
    {
        using var device = new CpuDevice(2);
        CacheCases.CopyPages(device, type, HeadDim);
    }

    [Test]
    public void CopyPages_RefusesAPageThatIsNone()
    {
        using var device = new CpuDevice(1);
        using var rig = new CacheRig(device, DType.F32, 1, HeadDim, [0, 0]);
        Assert.That(() => device.Cache.CopyPages(rig.Cache, rig.Tensors.Of([0]), rig.Tensors.Of([99])), Throws.ArgumentException);
    }

    [Test]
    public void Operations_AllocateNothingAfterTheFirstCall()
    {
        using var device = new CpuDevice(2);
        using var rig = new CacheRig(device, DType.F16, 1, HeadDim, [0, 0], layers: [0, 1]);
        (RaggedBatch batch, Tensor keys) = OneSequence(rig, 1);
        Tensor queries = rig.Tensors.Of(new float[2 * HeadDim], 1, 2 * HeadDim);
        Tensor starts = rig.Tensors.Of([0, 1]);
        Tensor first = rig.Tensors.Of([0]);
        Tensor head = rig.Tensors.Of([0, 1, 1], 1, 3);
        var rotation = new Rotation { Table = rig.Tensors.Of(new float[8], 1, 4, 2), Layout = RopeLayout.HalfSplit };
        void Step()
        {
            device.Cache.Append(rig.Cache, batch, 0, keys, keys, new SlotNorms { KeyL1 = 0 });
            device.Cache.AppendRotated(rig.Cache, batch, 1, queries, keys, keys, rotation);
            device.Cache.KeepAccepted(rig.Cache, batch, starts, first);
            device.Cache.Compact(rig.Cache, 0, Layer, 0, first);
            device.Cache.Compact(rig.Cache, head, starts, first);
        }

        Allocations.AssertNone(Step);
    }

    private static (RaggedBatch Batch, Tensor Keys) OneSequence(CacheRig rig, int tokens) =>
        (rig.Batch([0], [0, tokens], [.. Enumerable.Range(0, tokens)]), rig.Tensors.Of(new float[tokens * rig.KvHeads * rig.HeadDim]));
}
