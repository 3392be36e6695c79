using System;
using System.IO;
using System.Linq;
using NUnit.Framework;
using Winnow.Cache;
using Winnow.Formats;
using Winnow.Gpu;
using Winnow.Kernels;
using Winnow.Kernels.Cache;
using Winnow.Simulator;
using Winnow.Tests.Engine;

namespace Winnow.Tests.Cache;

/// <summary>Slots are written through the device's append and read back through the page table, as attention does.</summary>
public sealed class KvCacheTests
{
    private const int Layers = 2;
    private const int KvHeads = 3;
    private const int HeadDim = 8;
    private CpuDevice _device = null!;
    private KvCache _cache = null!;

    [SetUp]
    public void Open()
    {
        _device = new CpuDevice(1);
        _cache = NewCache();
    }

    [TearDown]
    public void Close()
    {
        _cache.Dispose();
        Assert.That(_device.AllocatedBytes, Is.Zero, "every buffer was freed");
        _device.Dispose();
    }

    [Test]
    public void Append_FillsEveryHeadInOrder()
    {
        KvSequence sequence = _cache.CreateSequence();
        Append(sequence, 20);
        Append(sequence, 13);
        Assert.That(sequence.Length, Is.EqualTo(33));
        Assert.That(_cache.FreePages, Is.EqualTo(_cache.TotalPages - (Layers * KvHeads * 3)));
        AssertHolds(sequence, [.. Enumerable.Range(0, 33)]);
    }

    [TestCase(320, 1)]
    [TestCase(40_000, 32)]
    public void TryReserve_TellsAGpuOfAllPagesAtOnceOrHeadByHead(int mostTokens, int uploads)
    {
        using ProbedDriver driver = new(new PtxSimulator(new PtxSimulatorOptions()));
        using CudaDevice device = new(driver, new KernelCompiler());
        using KvCache cache = new(device, new KvCacheOptions { Layers = 4, KvHeads = 8, HeadDim = HeadDim, Pages = 4 * 8 * 20, MaxSequences = 2, MaxTokens = mostTokens });
        KvSequence sequence = cache.CreateSequence();
        int before = driver.Uploads;

        Assert.That(cache.TryReserve(sequence, 300), Is.True);

        Assert.That(driver.Uploads - before, Is.EqualTo(uploads));
    }

    [Test]
    public void TryReserve_WithoutPagesChangesNothing()
    {
        KvSequence sequence = _cache.CreateSequence();
        Append(sequence, 16);
        int free = _cache.FreePages;
        int most = 16 * (free / (Layers * KvHeads));
        Assert.That(_cache.TryReserve(sequence, most + 16), Is.False);
        Assert.That(_cache.FreePages, Is.EqualTo(free));
        Assert.That(_cache.TryReserve(sequence, most), Is.True);
        _cache.Free(sequence);
        _cache.Free(sequence);
        Assert.That(_cache.FreePages, Is.EqualTo(_cache.TotalPages));
    }

    [Test]
    public void TryReserve_PastTheCapacityIsAnError()
    {
        KvSequence sequence = _cache.CreateSequence();
        Assert.That(() => _cache.TryReserve(sequence, 257), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [TestCase(5)]
    [TestCase(16)]
    [TestCase(21)]
    public void Fork_SharesPagesUntilOneSideWrites(int length)
    {
        KvSequence first = _cache.CreateSequence();
        Append(first, length);
        int free = _cache.FreePages;
        KvSequence second = _cache.Fork(first);
        Assert.That(_cache.FreePages, Is.EqualTo(free), "a fork takes no page");
        Append(second, 3, tag: 1000);
        Append(first, 2, tag: 2000);
        int[] common = [.. Enumerable.Range(0, length)];
        AssertHolds(second, [.. common, .. Enumerable.Range(length, 3).Select(i => i + 1000)]);
        AssertHolds(first, [.. common, .. Enumerable.Range(length, 2).Select(i => i + 2000)]);
        _cache.Free(first);
        AssertHolds(second, [.. common, .. Enumerable.Range(length, 3).Select(i => i + 1000)]);
        _cache.Free(second);
        Assert.That(_cache.FreePages, Is.EqualTo(_cache.TotalPages));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(17)]
    [TestCase(40)]
    public void Rollback_ForgetsTheLastTokensAndGivesPagesBack(int tokens)
    {
        KvSequence sequence = _cache.CreateSequence();
        Append(sequence, 40);
        _cache.Rollback(sequence, tokens);
        Assert.That(sequence.Length, Is.EqualTo(40 - tokens));
        Assert.That(_cache.FreePages, Is.EqualTo(_cache.TotalPages - (Layers * KvHeads * KvCache.PagesFor(40 - tokens))));
        Append(sequence, 4, tag: 500);
        AssertHolds(sequence, [.. Enumerable.Range(0, 40 - tokens), .. Enumerable.Range(40 - tokens, 4).Select(i => i + 500)]);
        Assert.That(() => _cache.Rollback(sequence, 1000), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Compact_KeepsSomeSlotsOfOneHeadAndSparesTheFork()
    {
        KvSequence sequence = _cache.CreateSequence();
        Append(sequence, 40);
        KvSequence fork = _cache.Fork(sequence);
        int free = _cache.FreePages;
        int[] kept = [0, 1, 5, 17, 18, 30, 39];
        Assert.That(_cache.TryCompact(sequence, 1, 2, kept), Is.True);
        Assert.That(_cache.Count(sequence, 1, 2), Is.EqualTo(kept.Length));
        Assert.That(_cache.FreePages, Is.EqualTo(free - 1), "three shared pages became one of its own");
        Assert.That(Read(sequence, 1, 2), Is.EqualTo(kept));
        Assert.That(Read(sequence, 1, 1), Is.EqualTo(Enumerable.Range(0, 40)));
        AssertHolds(fork, [.. Enumerable.Range(0, 40)]);

        _cache.Truncate(sequence, 18);
        Assert.That(Read(sequence, 1, 2), Is.EqualTo(new[] { 0, 1, 5, 17 }), "positions from 18 on are gone");
        Append(sequence, 2);
        Assert.That(Read(sequence, 1, 2), Is.EqualTo(new[] { 0, 1, 5, 17, 18, 19 }));
        Assert.That(() => _cache.TryCompact(sequence, 0, 0, [3, 3]), Throws.ArgumentException);
        Assert.That(() => _cache.TryCompact(sequence, 0, 0, [20]), Throws.ArgumentException);
    }

    [Test]
    public void Attributes_StartAtZeroAndTravelWithTheirSlots()
    {
        KvSequence sequence = _cache.CreateSequence();
        Append(sequence, 20);
        Assert.That(ReadAttribute("age", sequence, 1, 0), Is.All.Zero);
        WriteAttribute("age", sequence, 1, 0, [.. Enumerable.Range(0, 20).Select(slot => 100f + slot)]);
        WriteAttribute("score", sequence, 1, 0, [.. Enumerable.Range(0, 20).Select(slot => -1f - slot)]);
        using var stream = new MemoryStream();
        _cache.Save(sequence, stream);
        KvSequence fork = _cache.Fork(sequence);
        Append(fork, 1);
        Assert.That(ReadAttribute("age", fork, 1, 0), Is.EqualTo(Enumerable.Range(0, 20).Select(slot => 100f + slot).Append(0)));

        _cache.TryCompact(sequence, 1, 0, [3, 17, 19]);
        Assert.That(ReadAttribute("age", sequence, 1, 0), Is.EqualTo(new[] { 103f, 117, 119 }));
        Assert.That(ReadAttribute("score", sequence, 1, 0), Is.EqualTo(new[] { -4f, -18, -20 }));
        stream.Position = 0;
        Assert.That(ReadAttribute("score", _cache.Restore(stream)!, 1, 0), Is.EqualTo(Enumerable.Range(0, 20).Select(slot => -1f - slot)));
        Assert.That(() => _cache.Attribute("mass"), Throws.ArgumentException.With.Message.Contains("score, age"));
    }

    [Test]
    public void Restore_GivesBackWhatSaveWrote()
    {
        KvSequence sequence = _cache.CreateSequence();
        Append(sequence, 37);
        _cache.TryCompact(sequence, 0, 1, [2, 3, 36]);
        using var stream = new MemoryStream();
        _cache.Save(sequence, stream);
        stream.Position = 0;
        KvSequence restored = _cache.Restore(stream)!;
        Assert.That(restored.Length, Is.EqualTo(37));
        Assert.That(Read(restored, 0, 1), Is.EqualTo(new[] { 2, 3, 36 }));
        Assert.That(Read(restored, 1, 0), Is.EqualTo(Enumerable.Range(0, 37)));
        Assert.That(stream.Position, Is.EqualTo(stream.Length));
    }

    [Test]
    public void Restore_RefusesDamagedStreamsAndLeaksNothing()
    {
        KvSequence sequence = _cache.CreateSequence();
        Append(sequence, 5);
        using var stream = new MemoryStream();
        _cache.Save(sequence, stream);
        byte[] saved = stream.ToArray();
        int free = _cache.FreePages;
        for (int length = 0; length < saved.Length; length += 7)
        {
            using var cut = new MemoryStream(saved, 0, length);
            Assert.That(() => _cache.Restore(cut), Throws.TypeOf<ModelFormatException>());
        }

        for (int field = 0; field < 7 + (Layers * KvHeads); field++)
        {
            byte[] changed = [.. saved];
            changed[(field * 4) + 3] = 0x7F;
            Assert.That(() => _cache.Restore(new MemoryStream(changed)), Throws.TypeOf<ModelFormatException>(), $"field {field}");
        }

        Assert.That(_cache.FreePages, Is.EqualTo(free));
    }

    [Test]
    public void Sequences_AreOpenedAndFreedAThousandTimes()
    {
        var random = new Random(1);
        for (int i = 0; i < 1000; i++)
        {
            KvSequence sequence = _cache.CreateSequence();
            Append(sequence, random.Next(1, 60));
            KvSequence fork = _cache.Fork(sequence);
            Append(fork, random.Next(1, 20));
            _cache.Free(i % 2 == 0 ? fork : sequence);
            _cache.Free(i % 2 == 0 ? sequence : fork);
        }

        Assert.That(_cache.FreePages, Is.EqualTo(_cache.TotalPages));
    }

    [Test]
    public void CreateSequence_BeyondTheRowsSaysSo()
    {
        for (int i = 0; i < _cache.Options.MaxSequences; i++)
        {
            _cache.CreateSequence();
        }

        Assert.That(() => _cache.CreateSequence(), Throws.TypeOf<WinnowException>().With.Message.Contains("4 sequences"));
    }

    private KvCache NewCache() => new(_device, new KvCacheOptions
    {
        Layers = Layers,
        KvHeads = KvHeads,
        HeadDim = HeadDim,
        Pages = 64,
        MaxSequences = 4,
        MaxTokens = 256,
        Attributes = ["score", "age"],
    });

    // A slot's key says whose it is: tag + position in the first value, the head in the second.
    private void Append(KvSequence sequence, int tokens, int tag = 0)
    {
        Assert.That(_cache.TryReserve(sequence, tokens), Is.True);
        using var batch = new OneSequenceBatch(_device, sequence.Row, sequence.Length, tokens);
        float[] rows = new float[tokens * KvHeads * HeadDim];
        for (int layer = 0; layer < Layers; layer++)
        {
            for (int i = 0; i < tokens * KvHeads; i++)
            {
                rows[i * HeadDim] = tag + sequence.Length + (i / KvHeads);
                rows[(i * HeadDim) + 1] = (layer * KvHeads) + (i % KvHeads);
            }

            batch.Append(_cache.Device, layer, rows);
        }

        _cache.Advance(sequence, tokens);
    }

    private void AssertHolds(KvSequence sequence, int[] tags)
    {
        for (int layer = 0; layer < Layers; layer++)
        {
            for (int head = 0; head < KvHeads; head++)
            {
                Assert.That(Read(sequence, layer, head), Is.EqualTo(tags), $"layer {layer}, head {head}");
            }
        }
    }

    private void WriteAttribute(string name, KvSequence sequence, int layer, int head, float[] values)
    {
        for (int slot = 0; slot < values.Length; slot++)
        {
            (int page, int within) = Locate(sequence, layer, head, slot);
            Tensor row = _cache.Attribute(name).Rows(page, 1).Reshape(new Shape(PagedKv.PageSlots));
            _device.Upload<float>(row.Rows(within, 1), [values[slot]]);
        }
    }

    private float[] ReadAttribute(string name, KvSequence sequence, int layer, int head)
    {
        float[] values = new float[_cache.Count(sequence, layer, head)];
        float[] row = new float[PagedKv.PageSlots];
        for (int slot = 0; slot < values.Length; slot++)
        {
            (int page, int within) = Locate(sequence, layer, head, slot);
            _device.Download(_cache.Attribute(name).Rows(page, 1), row.AsSpan());
            values[slot] = row[within];
        }

        return values;
    }

    private (int Page, int Within) Locate(KvSequence sequence, int layer, int head, int slot)
    {
        Tensor table = _cache.Device.PageTable;
        int[] pages = new int[table.Shape.ElementCount];
        _device.Download(table, pages.AsSpan());
        int flat = (((sequence.Row * Layers) + layer) * KvHeads) + head;
        return (pages[(flat * (int)table.Shape[3]) + (slot / PagedKv.PageSlots)], slot % PagedKv.PageSlots);
    }

    private int[] Read(KvSequence sequence, int layer, int head)
    {
        PagedKv kv = _cache.Device;
        int flat = (((sequence.Row * Layers) + layer) * KvHeads) + head;
        int[] counts = new int[_cache.Options.MaxSequences * Layers * KvHeads];
        _device.Download(kv.Counts, counts.AsSpan());
        int pagesPerHead = (int)kv.PageTable.Shape[3];
        int[] table = new int[counts.Length * pagesPerHead];
        _device.Download(kv.PageTable, table.AsSpan());
        int[] tags = new int[counts[flat]];
        float[] page = new float[PagedKv.PageSlots * HeadDim];
        for (int slot = 0; slot < tags.Length; slot++)
        {
            int id = table[(flat * pagesPerHead) + (slot / PagedKv.PageSlots)];
            _device.Download(kv.Keys.Rows(id, 1), page.AsSpan());
            int start = slot % PagedKv.PageSlots * HeadDim;
            Assert.That(page[start + 1], Is.EqualTo((layer * KvHeads) + head), "the slot belongs to this head");
            tags[slot] = (int)page[start];
        }

        return tags;
    }
}
