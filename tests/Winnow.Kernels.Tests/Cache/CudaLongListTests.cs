using System;
using System.Linq;
using NUnit.Framework;
using Winnow.Kernels.Cache;

namespace Winnow.Kernels.Tests.Cache;

/// <summary>Compaction of heads whose lists take several rounds of a block, each of several runs.</summary>
public sealed class CudaLongListTests
{
    private const int Slots = 6500;
    private const int Pages = (Slots + PagedKv.PageSlots - 1) / PagedKv.PageSlots;

    // Slices that fill a block's share of a slot and such that do not; lists that move from the start, from the second round on, and not at all.
    [TestCase(40, 0)]
    [TestCase(64, 3000)]
    [TestCase(15, 1)]
    [TestCase(8, Slots)]
    public void Compact_MovesEachSlotOfALongList(int headDim, int unmoved)
    {
        using ComputeDevice device = TestDevices.Simulator(headDim);
        using var tensors = new TestTensors(device);
        int[] table = [.. Enumerable.Range(0, Pages).OrderBy(page => page * 7919 % Pages)];
        int[] kept = [.. Enumerable.Range(0, Slots).Where(slot => slot < unmoved || slot % 5 % 2 == 1)];
        int[] places = [.. Enumerable.Range(0, Slots).Select(slot => (table[slot / PagedKv.PageSlots] * PagedKv.PageSlots) + (slot % PagedKv.PageSlots))];
        ushort[] keys = Numbers(headDim, 1), values = Numbers(headDim, 2);
        int[] positions = [.. Enumerable.Range(5, Pages * PagedKv.PageSlots)];
        var cache = new PagedKv
        {
            Keys = tensors.Of(DType.F16, Bytes(keys), Pages, PagedKv.PageSlots, headDim),
            Values = tensors.Of(DType.F16, Bytes(values), Pages, PagedKv.PageSlots, headDim),
            Positions = tensors.Of(positions, Pages, PagedKv.PageSlots),
            PageTable = tensors.Of(table, 1, 1, 1, Pages),
            Counts = tensors.Of([Slots], 1, 1, 1),
        };

        device.Cache.Compact(cache, tensors.Of([0, 0, 0], 1, 3), tensors.Of([0, kept.Length]), tensors.Of(kept));

        Assert.That(tensors.Ints(cache.Counts), Is.EqualTo(new[] { kept.Length }));
        Assert.That(tensors.Ints(cache.Positions), Is.EqualTo(Moved(positions, 1, places, kept)));
        Assert.That(tensors.Bytes(cache.Keys), Is.EqualTo(Bytes(Moved(keys, headDim, places, kept))));
        Assert.That(tensors.Bytes(cache.Values), Is.EqualTo(Bytes(Moved(values, headDim, places, kept))));
    }

    private static ushort[] Numbers(int headDim, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, Pages * PagedKv.PageSlots * headDim).Select(_ => (ushort)random.Next(ushort.MaxValue))];
    }

    private static byte[] Bytes(ushort[] values) => [.. values.SelectMany(BitConverter.GetBytes)];

    // What lies behind the list stays as it was.
    private static T[] Moved<T>(T[] pool, int width, int[] places, int[] kept)
    {
        T[] moved = [.. pool];
        for (int slot = 0; slot < kept.Length; slot++)
        {
            pool.AsSpan(places[kept[slot]] * width, width).CopyTo(moved.AsSpan(places[slot] * width));
        }

        return moved;
    }
}
