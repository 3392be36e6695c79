using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using Winnow.Kernels.Cache;

namespace Winnow.Kernels.Tests.Cache;

public sealed class CpuCacheTests
{
    private const int HeadDim = 24;
    private const int KvHeads = 2;
    private const int Layers = 2;
    private const int Layer = 1;
    private const int PagesPerHead = 5;
    private const int Absurd = -77_777_777;

    private static readonly DType[] Types = [DType.F32, DType.F16, DType.BF16];

    [Test]
    public void Append_GrowsEveryHeadBehindWhatItHolds(
        [ValueSource(nameof(Types))] DType type, [Values(0, 1, 15, 16, 17, 31)] int held, [Values(1, 15, 16, 17, 33)] int tokens, [Values(1, 3)] int threads)
    {
        using var device = new CpuDevice(threads);
        using var tensors = new TestTensors(device);
        var random = new Random(1);
        PagedKv cache = Build(tensors, type, rows: 3, counts: [held, held + 2], usedRow: 2);
        byte[] before = [.. Everything(tensors, cache)];
        float[] keys = TestTensors.Random(random, tokens * KvHeads * HeadDim, 70_000);
        float[] values = TestTensors.Random(random, tokens * KvHeads * HeadDim);
        int[] positions = [.. Enumerable.Range(100, tokens)];
        device.Cache.Append(cache, Batch(tensors, [2], [0, tokens], positions), Layer, tensors.Of(keys), tensors.Of(values));

        int[] counts = tensors.Ints(cache.Counts);
        Assert.That(Head(counts, 2, 0), Is.EqualTo(held + tokens));
        Assert.That(Head(counts, 2, 1), Is.EqualTo(held + 2 + tokens));
        var written = new HashSet<int>();
        for (int g = 0; g < KvHeads; g++)
        {
            for (int i = 0; i < tokens; i++)
            {
                int slot = SlotOf(tensors, cache, 2, g, (g == 0 ? held : held + 2) + i);
                written.Add(slot);
                int from = ((i * KvHeads) + g) * HeadDim;
                Assert.That(Slot(tensors, cache.Keys, slot), Is.EqualTo(Narrow(type, keys[from..(from + HeadDim)])));
                Assert.That(Slot(tensors, cache.Values, slot), Is.EqualTo(Narrow(type, values[from..(from + HeadDim)])));
                Assert.That(tensors.Ints(cache.Positions)[slot], Is.EqualTo(100 + i));
            }
        }

        AssertOthersUntouched(tensors, cache, before, written);
    }

    [Test]
    public void Append_OfSeveralSequencesGivesEachItsOwn()
    {
        using var device = new CpuDevice(2);
        using var tensors = new TestTensors(device);
        PagedKv cache = Build(tensors, DType.F32, rows: 3, counts: [3, 5], usedRow: -1);
        float[] keys = TestTensors.Random(new Random(1), 7 * KvHeads * HeadDim);
        RaggedBatch batch = Batch(tensors, [2, 0, 1], [0, 3, 3, 7], [3, 4, 5, 9, 10, 11, 12]);
        device.Cache.Append(cache, batch, Layer, tensors.Of(keys), tensors.Of(keys));
        int[] counts = tensors.Ints(cache.Counts);
        Assert.That(Enumerable.Range(0, 3).Select(row => Head(counts, row, 0)), Is.EqualTo(new[] { 3, 7, 6 }));
        int slot = SlotOf(tensors, cache, 1, 1, 5 + 2);
        int from = ((5 * KvHeads) + 1) * HeadDim;
        Assert.That(Slot(tensors, cache.Keys, slot), Is.EqualTo(Narrow(DType.F32, keys[from..(from + HeadDim)])));
        Assert.That(tensors.Ints(cache.Positions)[slot], Is.EqualTo(11));
    }

    [Test]
    public void Append_PastThePagesIsRefusedAndChangesNothing()
    {
        using var device = new CpuDevice(1);
        using var tensors = new TestTensors(device);
        PagedKv cache = Build(tensors, DType.F32, rows: 1, counts: [70, 70], usedRow: 0);
        byte[] before = [.. Everything(tensors, cache)];
        float[] keys = new float[11 * KvHeads * HeadDim];
        RaggedBatch batch = Batch(tensors, [0], [0, 11], [.. Enumerable.Range(0, 11)]);
        Assert.That(() => device.Cache.Append(cache, batch, Layer, tensors.Of(keys), tensors.Of(keys)), Throws.ArgumentException);
        Assert.That(Everything(tensors, cache), Is.EqualTo(before));
    }

    [Test]
    public void Append_OfARowNamedTwiceStaysWithinItsPages()
    {
        using var device = new CpuDevice(1);
        using var tensors = new TestTensors(device);
        PagedKv cache = Build(tensors, DType.F32, rows: 1, counts: [60, 60], usedRow: 0);
        float[] keys = new float[24 * KvHeads * HeadDim];
        RaggedBatch batch = Batch(tensors, [0, 0], [0, 12, 24], [.. Enumerable.Range(0, 24)]);
        Assert.That(() => device.Cache.Append(cache, batch, Layer, tensors.Of(keys), tensors.Of(keys)), Throws.ArgumentException);
        Assert.That(Head(tensors.Ints(cache.Counts), 0, 0), Is.EqualTo(72));
    }

    [Test]
    public void Append_IntoAnUnknownPageIsRefused()
    {
        using var device = new CpuDevice(1);
        using var tensors = new TestTensors(device);
        PagedKv cache = Build(tensors, DType.F32, rows: 1, counts: [16, 16], usedRow: 0, pagesInTable: 1);
        float[] keys = new float[KvHeads * HeadDim];
        RaggedBatch batch = Batch(tensors, [0], [0, 1], [16]);
        Assert.That(() => device.Cache.Append(cache, batch, Layer, tensors.Of(keys), tensors.Of(keys)), Throws.ArgumentException);
    }

    [TestCase(2, 0)]
    [TestCase(-1, 0)]
    [TestCase(4, 0)]
    [TestCase(3, -1)]
    [TestCase(3, 81)]
    public void Append_RefusesHintsThatAreNoBounds(int mostTokens, int mostSlots)
    {
        using var device = new CpuDevice(1);
        using var tensors = new TestTensors(device);
        PagedKv cache = Build(tensors, DType.F32, rows: 1, counts: [0, 0], usedRow: 0);
        Tensor keys = tensors.Of(new float[3 * KvHeads * HeadDim]);
        RaggedBatch batch = Batch(tensors, [0], [0, 3], [0, 1, 2]) with { MostTokens = mostTokens, MostSlots = mostSlots };
        Assert.That(() => device.Cache.Append(cache, batch, Layer, keys, keys), Throws.ArgumentException.With.Message.Contains(mostTokens == 3 ? "MostSlots" : "MostTokens"));
        device.Cache.Append(cache, batch with { MostTokens = 3, MostSlots = 80 }, Layer, keys, keys);
    }

    [Test]
    public void Compact_KeepsTheChosenSlotsInOrder([ValueSource(nameof(Types))] DType type, [Values(1, 16, 17, 53)] int count, [Values(0, 1, 2, 3)] int pattern)
    {
        using var device = new CpuDevice(2);
        using var tensors = new TestTensors(device);
        PagedKv cache = Build(tensors, type, rows: 2, counts: [count, count], usedRow: 1);
        int[] kept = [.. Enumerable.Range(0, count).Where(i => pattern switch { 0 => true, 1 => i % 3 == 1, 2 => i == count - 1, _ => false })];
        byte[][] keys = [.. kept.Select(slot => Slot(tensors, cache.Keys, SlotOf(tensors, cache, 1, 1, slot)))];
        byte[][] values = [.. kept.Select(slot => Slot(tensors, cache.Values, SlotOf(tensors, cache, 1, 1, slot)))];
        int[] positions = [.. kept.Select(slot => tensors.Ints(cache.Positions)[SlotOf(tensors, cache, 1, 1, slot)])];
        byte[] before = [.. Everything(tensors, cache)];
        device.Cache.Compact(cache, 1, Layer, 1, tensors.Of(kept.Length == 0 ? [0] : kept).Rows(0, kept.Length));

        Assert.That(Head(tensors.Ints(cache.Counts), 1, 1), Is.EqualTo(kept.Length));
        Assert.That(Head(tensors.Ints(cache.Counts), 1, 0), Is.EqualTo(count));
        var written = new HashSet<int>();
        for (int i = 0; i < kept.Length; i++)
        {
            int slot = SlotOf(tensors, cache, 1, 1, i);
            written.Add(slot);
            Assert.That(Slot(tensors, cache.Keys, slot), Is.EqualTo(keys[i]));
            Assert.That(Slot(tensors, cache.Values, slot), Is.EqualTo(values[i]));
            Assert.That(tensors.Ints(cache.Positions)[slot], Is.EqualTo(positions[i]));
        }

        AssertOthersUntouched(tensors, cache, before, written);
    }

    [TestCase(new[] { 1, 1 })]
    [TestCase(new[] { 2, 1 })]
    [TestCase(new[] { -1, 1 })]
    [TestCase(new[] { 0, 20 })]
    public void Compact_RefusesSlotsThatDoNotAscendBelowTheCount(int[] kept)
    {
        using var device = new CpuDevice(1);
        using var tensors = new TestTensors(device);
        PagedKv cache = Build(tensors, DType.F16, rows: 1, counts: [20, 20], usedRow: 0);
        Assert.That(() => device.Cache.Compact(cache, 0, Layer, 0, tensors.Of(kept)), Throws.ArgumentException);
    }

    [Test]
    public void CopyPages_CopiesKeysValuesAndPositions([ValueSource(nameof(Types))] DType type)
    {
        using var device = new CpuDevice(2);
        using var tensors = new TestTensors(device);
        PagedKv cache = Build(tensors, type, rows: 1, counts: [40, 40], usedRow: 0);
        byte[] before = [.. Everything(tensors, cache)];
        device.Cache.CopyPages(cache, tensors.Of([1, 4]), tensors.Of([0, 3]));
        var written = new HashSet<int>();
        for (int j = 0; j < PagedKv.PageSlots; j++)
        {
            foreach ((int from, int to) in new[] { (16 + j, j), (64 + j, 48 + j) })
            {
                written.Add(to);
                Assert.That(Slot(tensors, cache.Keys, to), Is.EqualTo(Slot(tensors, cache.Keys, from)));
                Assert.That(Slot(tensors, cache.Values, to), Is.EqualTo(Slot(tensors, cache.Values, from)));
                Assert.That(tensors.Ints(cache.Positions)[to], Is.EqualTo(tensors.Ints(cache.Positions)[from]));
            }
        }

        AssertOthersUntouched(tensors, cache, before, written);
        Assert.That(() => device.Cache.CopyPages(cache, tensors.Of([0]), tensors.Of([99])), Throws.ArgumentException);
    }

    [Test]
    public void Append_AllocatesNothingAfterTheFirstCall()
    {
        using var device = new CpuDevice(2);
        using var tensors = new TestTensors(device);
        PagedKv cache = Build(tensors, DType.F16, rows: 1, counts: [0, 0], usedRow: 0);
        Tensor keys = tensors.Of(new float[KvHeads * HeadDim]);
        RaggedBatch batch = Batch(tensors, [0], [0, 1], [0]);
        device.Cache.Append(cache, batch, Layer, keys, keys);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 20; i++)
        {
            device.Cache.Append(cache, batch, Layer, keys, keys);
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    // A row < 0 in usedRow means that all rows hold the counts.
    private static PagedKv Build(TestTensors tensors, DType type, int rows, int[] counts, int usedRow, int pagesInTable = PagesPerHead)
    {
        var random = new Random(3);
        int pages = rows * KvHeads * PagesPerHead;
        int[] order = [.. Enumerable.Range(0, pages).OrderBy(_ => random.Next())];
        int[] table = [.. Enumerable.Repeat(Absurd, rows * Layers * KvHeads * PagesPerHead)];
        int[] allCounts = [.. Enumerable.Repeat(usedRow < 0 ? 0 : Absurd, rows * Layers * KvHeads)];
        for (int head = 0; head < rows * KvHeads; head++)
        {
            int index = ((((head / KvHeads) * Layers) + Layer) * KvHeads) + (head % KvHeads);
            if (usedRow < 0 || usedRow == head / KvHeads)
            {
                allCounts[index] = counts[head % KvHeads];
                order.AsSpan(head * PagesPerHead, pagesInTable).CopyTo(table.AsSpan(index * PagesPerHead));
            }
        }

        long slots = pages * PagedKv.PageSlots;
        return new PagedKv
        {
            Keys = tensors.Of(type, Narrow(type, TestTensors.Random(random, slots * HeadDim)), pages, PagedKv.PageSlots, HeadDim),
            Values = tensors.Of(type, Narrow(type, TestTensors.Random(random, slots * HeadDim)), pages, PagedKv.PageSlots, HeadDim),
            Positions = tensors.Of([.. Enumerable.Range(1000, (int)slots)], pages, PagedKv.PageSlots),
            PageTable = tensors.Of(table, rows, Layers, KvHeads, PagesPerHead),
            Counts = tensors.Of(allCounts, rows, Layers, KvHeads),
        };
    }

    private static RaggedBatch Batch(TestTensors tensors, int[] rows, int[] starts, int[] positions) =>
        new() { Rows = tensors.Of(rows), Starts = tensors.Of(starts), Positions = tensors.Of(positions) };

    private static byte[] Narrow(DType type, float[] values) => type switch
    {
        DType.F16 => [.. values.SelectMany(value => BitConverter.GetBytes((Half)value))],
        DType.BF16 => [.. values.SelectMany(value => BitConverter.GetBytes(((BFloat16)value).Bits))],
        _ => [.. values.SelectMany(BitConverter.GetBytes)],
    };

    private static int Head(int[] counts, int row, int kvHead) => counts[(((row * Layers) + Layer) * KvHeads) + kvHead];

    private static int SlotOf(TestTensors tensors, PagedKv cache, int row, int kvHead, int slot)
    {
        int head = (((row * Layers) + Layer) * KvHeads) + kvHead;
        return (tensors.Ints(cache.PageTable)[(head * PagesPerHead) + (slot / 16)] * 16) + (slot % 16);
    }

    private static byte[] Slot(TestTensors tensors, Tensor pool, int slot)
    {
        int bytes = HeadDim * pool.Type.BlockBytes();
        return tensors.Bytes(pool)[(slot * bytes)..((slot + 1) * bytes)];
    }

    private static IEnumerable<byte> Everything(TestTensors tensors, PagedKv cache) =>
        [.. tensors.Bytes(cache.Keys), .. tensors.Bytes(cache.Values), .. tensors.Bytes(cache.Positions)];

    private static void AssertOthersUntouched(TestTensors tensors, PagedKv cache, byte[] before, HashSet<int> written)
    {
        byte[] after = [.. Everything(tensors, cache)];
        long slots = cache.Positions.Shape.ElementCount;
        int bytes = HeadDim * cache.Keys.Type.BlockBytes();
        for (int slot = 0; slot < slots; slot++)
        {
            if (!written.Contains(slot))
            {
                foreach ((long start, int length) in new[] { (slot * bytes, bytes), ((slots + slot) * bytes, bytes), ((2 * slots * bytes) + (slot * 4L), 4) })
                {
                    Assert.That(after.AsSpan((int)start, length).SequenceEqual(before.AsSpan((int)start, length)), $"slot {slot} changed");
                }
            }
        }
    }
}
