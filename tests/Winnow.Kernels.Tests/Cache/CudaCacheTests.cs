using System;
using System.Linq;
using System.Runtime.CompilerServices;
using NUnit.Framework;
using Winnow.Kernels.Cache;
using Winnow.Kernels.Norm;

namespace Winnow.Kernels.Tests.Cache;

public sealed class CudaCacheTests
{
    private const int Layer = 1;

    private static readonly DType[] Types = [DType.F32, DType.F16, DType.BF16];

    [Test]
    public void Structures_AreAsLargeAsTheKernelsSay()
    {
        Assert.That(Unsafe.SizeOf<CudaPagedKv>(), Is.EqualTo(CudaPagedKv.Bytes));
        Assert.That(Unsafe.SizeOf<CudaAppendArguments>(), Is.EqualTo(CudaAppendArguments.Bytes));
    }

    [Test]
    public void Append_GrowsEveryHeadBehindWhatItHolds(
        [ValueSource(nameof(Types))] DType type, [Values(0, 15, 17)] int held, [Values(1, 17)] int tokens, [Values(8, 24)] int headDim)
    {
        using ComputeDevice device = TestDevices.Simulator(held + tokens);
        CacheCases.Append(device, type, held, tokens, headDim);
    }

    [TestCase(DType.F32, 1)]
    [TestCase(DType.F16, 15)]
    [TestCase(DType.BF16, 128)]
    [TestCase(DType.BF16, 256)]
    public void Append_TakesHeadsOfAnySize(DType type, int headDim)
    {
        using ComputeDevice device = TestDevices.Simulator(1);
        CacheCases.Append(device, type, 3, 2, headDim);
    }

    [Test]
    public void Append_OfSeveralSequencesGivesEachItsOwn([ValueSource(nameof(Types))] DType type, [Values(0, 4, 7)] int mostTokens)
    {
        using ComputeDevice device = TestDevices.Simulator(1);
        CacheCases.AppendSeveral(device, type, mostTokens);
    }

    [Test]
    public void Append_KeepsTheNormsThatAreAskedFor([ValueSource(nameof(Types))] DType type, [Values(24, 128)] int headDim)
    {
        using ComputeDevice device = TestDevices.Simulator(1);
        CacheCases.AppendWithNorms(device, type, headDim);
    }

    [Test]
    [Pairwise]
    public void AppendRotated_AgreesWithDoublePrecisionAndTheSingleSteps(
        [ValueSource(nameof(Types))] DType type, [Values] RopeLayout layout, [Values(8, 24, 128)] int headDim, [Values(1, 2)] int part, [Values] bool normed)
    {
        using ComputeDevice device = TestDevices.Simulator(1);
        var rotated = new RotatedCase(type, layout, headDim, headDim / part, normed);
        rotated.Check(device);
        rotated.CheckAgainstSteps(device);
    }

    [Test]
    public void AppendRotated_OfATokenAloneHasItsBits()
    {
        using ComputeDevice device = TestDevices.Simulator(1);
        new RotatedCase(DType.F16, RopeLayout.HalfSplit, 64, 64, normed: true).CheckAlone(device);
    }

    [Test]
    public void Append_RecordedOnceGrowsTheCountsAtEveryLaunch()
    {
        using ComputeDevice device = TestDevices.Simulator(1);
        using var rig = new CacheRig(device, DType.BF16, 1, 16, [15, 2]);
        float[] keys = TestTensors.Random(new Random(1), 2 * 16);
        (Tensor k, Tensor positions) = (rig.Tensors.Of(keys), rig.Tensors.Of([15]));
        RaggedBatch batch = new() { Rows = rig.Tensors.Of([0]), Starts = rig.Tensors.Of([0, 1]), Positions = positions };
        void Step() => device.Cache.Append(rig.Cache, batch, Layer, k, k);
        Step();
        using DeviceRecording? recording = device.Record(Step);
        Assert.That(recording, Is.Not.Null);
        for (int step = 1; step < 4; step++)
        {
            device.Upload<int>(positions, [15 + step]);
            recording!.Launch();
            device.Synchronize();
            Assert.That(rig.Count(0, Layer, 0), Is.EqualTo(16 + step));
            Assert.That(rig.At(rig.Place(0, Layer, 0, 15 + step)), Is.EqualTo(rig.Slot(keys[..16], keys[..16], 15 + step)));
            Assert.That(rig.At(rig.Place(0, Layer, 1, 2 + step)), Is.EqualTo(rig.Slot(keys[16..], keys[16..], 15 + step)));
        }
    }

    [TestCase(70, 5)]
    [TestCase(16, 1)]
    public void Append_IntoAPageThatIsNoneStops(int held, int pagesInTable)
    {
        using ComputeDevice device = TestDevices.Simulator(1);
        using var rig = new CacheRig(device, DType.F32, 1, 8, [held, held], pagesInTable: pagesInTable);
        Tensor keys = rig.Tensors.Of(new float[11 * 2 * 8]);
        RaggedBatch batch = rig.Batch([0], [0, 11], [.. Enumerable.Range(0, 11)]);
        Faults.AssertStops(device, () => device.Cache.Append(rig.Cache, batch, Layer, keys, keys));
    }

    [Test]
    public void Append_ToARowThatIsNoneStops()
    {
        using ComputeDevice device = TestDevices.Simulator(1);
        using var rig = new CacheRig(device, DType.F32, 2, 8, [3, 3]);
        Tensor keys = rig.Tensors.Of(new float[2 * 8]);
        RaggedBatch batch = rig.Batch([2], [0, 1], [0]);
        Faults.AssertStops(device, () => device.Cache.Append(rig.Cache, batch, Layer, keys, keys));
    }

    [Test]
    [Pairwise]
    public void Compact_KeepsTheChosenSlotsInOrder(
        [ValueSource(nameof(Types))] DType type, [Values(1, 17, 53)] int count, [Values(0, 1, 2, 3, 4)] int pattern, [Values] bool asList)
    {
        using ComputeDevice device = TestDevices.Simulator(count + pattern);
        CacheCases.Compact(device, type, count, pattern, 24, asList);
    }

    [TestCase(DType.F16, 15)]
    [TestCase(DType.BF16, 6)]
    [TestCase(DType.F32, 128)]
    public void Compact_TakesHeadsOfAnySize(DType type, int headDim)
    {
        using ComputeDevice device = TestDevices.Simulator(1);
        CacheCases.Compact(device, type, 70, 4, headDim, asList: false);
    }

    [TestCase(new[] { 1, 1 })]
    [TestCase(new[] { 2, 1 })]
    [TestCase(new[] { -1, 1 })]
    [TestCase(new[] { 0, 20 })]
    public void Compact_StopsAtSlotsThatDoNotAscendBelowTheCount(int[] kept)
    {
        using ComputeDevice device = TestDevices.Simulator(1);
        using var rig = new CacheRig(device, DType.F16, 1, 8, [20, 20]);
        Tensor list = rig.Tensors.Of(kept);
        Faults.AssertStops(device, () => device.Cache.Compact(rig.Cache, 0, Layer, 0, list));
    }

    [TestCase(new[] { 0, 0, -1 }, 2)]
    [TestCase(new[] { 0, 3, -1 }, 2)]
    [TestCase(new[] { 0, 1, 2 }, 4)]
    public void KeepAccepted_StopsAtTokensThatAreNotOfTheStep(int[] accepted, int end)
    {
        using ComputeDevice device = TestDevices.Simulator(1);
        using var rig = new CacheRig(device, DType.F32, 1, 8, [20, 20], layers: [0, 1]);
        RaggedBatch batch = rig.Batch([0], [0, 3], [0, 1, 2]);
        (Tensor starts, Tensor list) = (rig.Tensors.Of([0, end]), rig.Tensors.Of(accepted));
        Faults.AssertStops(device, () => device.Cache.KeepAccepted(rig.Cache, batch, starts, list));
    }

    [TestCase(DType.F32, 24)]
    [TestCase(DType.F16, 15)]
    [TestCase(DType.BF16, 128)]
    public void CopyPages_CopiesKeysValuesPositionsAndAttributes(DType type, int headDim)
    {
        using ComputeDevice device = TestDevices.Simulator(1);
        CacheCases.CopyPages(device, type, headDim);
    }

    [Test]
    public void CopyPages_StopsAtAPageThatIsNone()
    {
        using ComputeDevice device = TestDevices.Simulator(1);
        using var rig = new CacheRig(device, DType.F32, 1, 8, [0, 0]);
        (Tensor from, Tensor to) = (rig.Tensors.Of([0]), rig.Tensors.Of([99]));
        Faults.AssertStops(device, () => device.Cache.CopyPages(rig.Cache, from, to));
    }

    [Test]
    public void Operations_AllocateNothingOnceWarm()
    {
        using var silent = new SilentDevice();
        CudaDevice device = silent.Device;
        using var rig = new CacheRig(device, DType.F16, 1, 8, [0, 0], layers: [0, 1]);
        RaggedBatch batch = rig.Batch([0], [0, 1], [0]);
        Tensor keys = rig.Tensors.Of(new float[2 * 8]);
        Tensor queries = rig.Tensors.Of(new float[4 * 8], 1, 4 * 8);
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
            device.Cache.CopyPages(rig.Cache, first, starts.Rows(1, 1));
        }

        silent.AssertAllocatesNothing(Step, launches: 6);
    }

    [Test]
    public void Operations_RefuseShapesBeforeAnyLaunch() => SilentDevice.AssertNoLaunch(device =>
    {
        using var rig = new CacheRig(device, DType.F32, 1, 8, [0, 0]);
        Tensor keys = rig.Tensors.Of(new float[2 * 8]);
        RaggedBatch batch = rig.Batch([0], [0, 1], [0]);
        Assert.That(() => device.Cache.Append(rig.Cache, batch, 2, keys, keys), Throws.ArgumentException.With.Message.Contains("Layer 2"));
        Assert.That(() => device.Cache.Append(rig.Cache, batch, Layer, keys, batch.Rows), Throws.ArgumentException.With.Message.Contains("values"));
        Assert.That(() => device.Cache.Compact(rig.Cache, 0, Layer, 2, batch.Rows), Throws.ArgumentException.With.Message.Contains("KV head 2"));
        Assert.That(() => device.Cache.Compact(rig.Cache, batch.Rows, batch.Starts, batch.Rows), Throws.ArgumentException.With.Message.Contains("Heads"));
        Assert.That(() => device.Cache.KeepAccepted(rig.Cache, batch, batch.Rows, batch.Rows), Throws.ArgumentException.With.Message.Contains("starts"));
    });
}
