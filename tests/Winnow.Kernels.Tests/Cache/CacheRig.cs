using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using Winnow.Kernels.Cache;

namespace Winnow.Kernels.Tests.Cache;

/// <summary>
/// A small paged cache on a device, with pages in random order, absurd numbers in all table entries and counts that are not in use, and a
/// mirror of what each slot must hold.
/// </summary>
internal sealed class CacheRig : IDisposable
{
    public const int Layers = 2;
    public const int PagesPerHead = 5;
    public const int Planes = 3;
    private const int Absurd = -77_777_777;

    private readonly int[] _table;
    private byte[] _before = [];

    /// <param name="device">The device.</param>
    /// <param name="type">How keys and values are stored.</param>
    /// <param name="rows">Rows of the page table.</param>
    /// <param name="headDim">The size of a head.</param>
    /// <param name="counts">Slots in use, for each KV head.</param>
    /// <param name="layers">The layers in use.</param>
    /// <param name="usedRow">The row in use; null for all.</param>
    /// <param name="pagesInTable">Pages that each head in use has.</param>
    public CacheRig(ComputeDevice device, DType type, int rows, int headDim, int[] counts, int[]? layers = null, int? usedRow = null, int pagesInTable = PagesPerHead)
    {
        (Tensors, HeadDim, KvHeads) = (new TestTensors(device), headDim, counts.Length);
        var random = new Random(3);
        int heads = rows * Layers * KvHeads;
        int pages = heads * PagesPerHead;
        int[] order = [.. Enumerable.Range(0, pages).OrderBy(_ => random.Next())];
        _table = [.. Enumerable.Repeat(Absurd, pages)];
        int[] allCounts = [.. Enumerable.Repeat(Absurd, heads)];
        for (int head = 0; head < heads; head++)
        {
            (int row, int layer, int kvHead) = (head / KvHeads / Layers, head / KvHeads % Layers, head % KvHeads);
            if ((usedRow ?? row) == row && (layers ?? [1]).Contains(layer))
            {
                allCounts[head] = counts[kvHead];
                order.AsSpan(head * PagesPerHead, pagesInTable).CopyTo(_table.AsSpan(head * PagesPerHead));
            }
        }

        long slots = (long)pages * PagedKv.PageSlots;
        Cache = new PagedKv
        {
            Keys = Tensors.Of(type, Narrow(type, TestTensors.Random(random, slots * headDim)), pages, PagedKv.PageSlots, headDim),
            Values = Tensors.Of(type, Narrow(type, TestTensors.Random(random, slots * headDim)), pages, PagedKv.PageSlots, headDim),
            Positions = Tensors.Of([.. Enumerable.Range(1000, (int)slots)], pages, PagedKv.PageSlots),
            Attributes = Tensors.Of(TestTensors.Random(random, Planes * slots), Planes, pages, PagedKv.PageSlots),
            PageTable = Tensors.Of(_table, rows, Layers, KvHeads, PagesPerHead),
            Counts = Tensors.Of(allCounts, rows, Layers, KvHeads),
        };
        Remember();
    }

    public TestTensors Tensors { get; }

    public ComputeDevice Device => Tensors.Device;

    public PagedKv Cache { get; }

    public int HeadDim { get; }

    public int KvHeads { get; }

    private DType Type => Cache.Keys.Type;

    public static byte[] Narrow(DType type, float[] values) => type switch
    {
        DType.F16 => [.. values.SelectMany(value => BitConverter.GetBytes((Half)value))],
        DType.BF16 => [.. values.SelectMany(value => BitConverter.GetBytes(((BFloat16)value).Bits))],
        _ => [.. values.SelectMany(BitConverter.GetBytes)],
    };

    public static float[] Widen(DType type, byte[] bytes) => type switch
    {
        DType.F16 => [.. Enumerable.Range(0, bytes.Length / 2).Select(i => (float)BitConverter.ToHalf(bytes, 2 * i))],
        DType.BF16 => [.. Enumerable.Range(0, bytes.Length / 2).Select(i => (float)new BFloat16(BitConverter.ToUInt16(bytes, 2 * i)))],
        _ => [.. Enumerable.Range(0, bytes.Length / 4).Select(i => BitConverter.ToSingle(bytes, 4 * i))],
    };

    public RaggedBatch Batch(int[] rows, int[] starts, int[] positions) =>
        new() { Rows = Tensors.Of(rows), Starts = Tensors.Of(starts), Positions = Tensors.Of(positions) };

    /// <summary>An index list, which may be empty.</summary>
    public Tensor Indices(int[] values) => Tensors.Of([.. values, Absurd]).Rows(0, values.Length);

    public int Count(int row, int layer, int kvHead) => Tensors.Ints(Cache.Counts)[HeadIndex(row, layer, kvHead)];

    /// <summary>Where a slot lies in the pools.</summary>
    public int Place(int row, int layer, int kvHead, int slot) =>
        (_table[(HeadIndex(row, layer, kvHead) * PagesPerHead) + (slot / PagedKv.PageSlots)] * PagedKv.PageSlots) + (slot % PagedKv.PageSlots);

    /// <summary>All that a place holds now: key, value, position and attributes.</summary>
    public byte[] At(int place) => Slot(Everything(), place);

    /// <summary>All that a place held when it was last remembered.</summary>
    public byte[] Before(int place) => Slot(_before, place);

    /// <summary>The key of a place when it was last remembered.</summary>
    public float[] KeyBefore(int place) => Widen(Type, Before(place)[..SlotBytes]);

    /// <summary>The position of a place when it was last remembered.</summary>
    public int PositionBefore(int place) => BitConverter.ToInt32(Before(place), 2 * SlotBytes);

    /// <summary>What a place must hold after an append without norms.</summary>
    public byte[] Slot(float[] key, float[] value, int position) =>
        [.. Narrow(Type, key), .. Narrow(Type, value), .. BitConverter.GetBytes(position), .. new byte[Planes * sizeof(float)]];

    public float[] Attributes(int place) => Widen(DType.F32, At(place)[^(Planes * sizeof(float))..]);

    public float[] Key(int place) => Widen(Type, At(place)[..SlotBytes]);

    public float[] Value(int place) => Widen(Type, At(place)[SlotBytes..(2 * SlotBytes)]);

    /// <summary>Takes what is in the pools as what must stay.</summary>
    public void Remember() => _before = Everything();

    /// <summary>Every byte of the pools and the counts.</summary>
    public byte[] Everything() =>
        [
            .. Tensors.Bytes(Cache.Keys), .. Tensors.Bytes(Cache.Values), .. Tensors.Bytes(Cache.Positions), .. Tensors.Bytes(Cache.Attributes),
            .. Tensors.Bytes(Cache.Counts),
        ];

    /// <summary>No place but these has changed since it was remembered.</summary>
    public void AssertOthersUntouched(HashSet<int> written)
    {
        byte[] after = Everything();
        for (int place = 0; place < Cache.Positions.Shape.ElementCount; place++)
        {
            if (!written.Contains(place))
            {
                Assert.That(Slot(after, place).AsSpan().SequenceEqual(Slot(_before, place)), $"place {place} changed");
            }
        }
    }

    public void Dispose() => Tensors.Dispose();

    private int SlotBytes => HeadDim * Type.BlockBytes();

    private byte[] Slot(byte[] everything, int place)
    {
        int places = (int)Cache.Positions.Shape.ElementCount;
        int tail = 2 * places * SlotBytes;
        byte[] slot =
        [
            .. everything.AsSpan(place * SlotBytes, SlotBytes),
            .. everything.AsSpan((places + place) * SlotBytes, SlotBytes),
        ];
        for (int plane = 0; plane < 1 + Planes; plane++)
        {
            slot = [.. slot, .. everything.AsSpan(tail + (((plane * places) + place) * sizeof(int)), sizeof(int))];
        }

        return slot;
    }

    private int HeadIndex(int row, int layer, int kvHead) => (((row * Layers) + layer) * KvHeads) + kvHead;
}
