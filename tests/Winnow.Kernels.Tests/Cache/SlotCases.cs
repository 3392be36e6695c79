using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using NUnit.Framework;
using Winnow.Kernels.Cache;

namespace Winnow.Kernels.Tests.Cache;

/// <summary>What every device must do between the slots of many heads and dense matrices.</summary>
internal static class SlotCases
{
    /// <summary>The heads that most cases name, in order.</summary>
    public static readonly (int Row, int Layer, int KvHead)[] Heads = [(0, 0, 1), (0, 1, 0), (1, 0, 0), (1, 0, 1), (1, 1, 1)];

    // NaN as a float, and no position.
    private const int Poison = unchecked((int)0xFFC0_0BAD);

    /// <summary>A plane's values come to their heads' rows, heads in any order and one of them twice; no other value is read.</summary>
    public static void Gather(ComputeDevice device, DType type, int[] counts, int entries)
    {
        using var rig = new CacheRig(device, DType.F16, 2, 8, counts, layers: [0, 1]);
        (int Row, int Layer, int KvHead)[] heads = [.. Heads.Reverse(), Heads[3]];
        int[] words = Words(rig, heads);
        Tensor plane = PlaneOf(rig, type, words);
        Tensor output = rig.Tensors.Of(type, Poisoned(heads.Length * entries), heads.Length, entries);
        device.Cache.GatherSlots(output, rig.Cache, Listed(rig, heads), plane);
        Assert.That(Read(rig, output), Is.EqualTo(heads.SelectMany(head => Row(rig, head, words, entries))));
        Assert.That(Read(rig, plane), Is.EqualTo(words), "the plane stays");
    }

    /// <summary>The cache's own planes.</summary>
    public static void GatherOwn(ComputeDevice device)
    {
        using var rig = new CacheRig(device, DType.BF16, 2, 8, [70, 33], layers: [0, 1]);
        Tensor listed = Listed(rig, Heads);
        Tensor positions = rig.Tensors.Of(Poisoned(Heads.Length * 71), Heads.Length, 71);
        Tensor attributes = rig.Tensors.Of(DType.F32, Poisoned(Heads.Length * 71), Heads.Length, 71);
        device.Cache.GatherSlots(positions, rig.Cache, listed, rig.Cache.Positions);
        device.Cache.GatherSlots(attributes, rig.Cache, listed, Attribute(rig, 1));
        Assert.That(rig.Tensors.Ints(positions), Is.EqualTo(Heads.SelectMany(head => Row(rig, head, rig.Tensors.Ints(rig.Cache.Positions), 71))));
        Assert.That(Read(rig, attributes), Is.EqualTo(Heads.SelectMany(head => Row(rig, head, Read(rig, Attribute(rig, 1)), 71))));
        rig.AssertOthersUntouched([]);
    }

    /// <summary>Rows go to the slots of their heads; entries past the count are not read, other slots stay.</summary>
    public static void Scatter(ComputeDevice device, DType type, int[] counts, int entries)
    {
        using var rig = new CacheRig(device, DType.F16, 2, 8, counts, layers: [0, 1]);
        var random = new Random(5);
        int[] expected = [.. Enumerable.Range(0, (int)rig.Cache.Positions.Shape.ElementCount).Select(_ => random.Next())];
        Tensor plane = PlaneOf(rig, type, expected);
        int[] input = Poisoned(Heads.Length * entries);
        foreach ((int place, int i, int slot) in Slots(rig, Heads).Where(item => item.Slot < entries))
        {
            input[(i * entries) + slot] = expected[place] = random.Next();
        }

        Tensor rows = rig.Tensors.Of(type, input, Heads.Length, entries);
        device.Cache.ScatterSlots(plane, rig.Cache, Listed(rig, Heads), rows);
        Assert.That(Read(rig, plane), Is.EqualTo(expected));
        Assert.That(Read(rig, rows), Is.EqualTo(input), "the input stays");
    }

    /// <summary>Keys or values come as floats, from and to memory that may be aligned to one value only.</summary>
    public static void Vectors(ComputeDevice device, DType type, int[] counts, int entries, int headDim, bool values, bool aligned)
    {
        using var rig = new CacheRig(device, type, 2, headDim, counts, layers: [0, 1]);
        (int Row, int Layer, int KvHead)[] heads = [.. Heads.Reverse(), Heads[3]];
        int start = aligned ? 4 : 1;
        int count = heads.Length * entries * headDim;
        Tensor whole = rig.Tensors.Of(DType.F32, Poisoned(start + count));
        var output = new Tensor(whole.Buffer, start * sizeof(float), DType.F32, new Shape(heads.Length, entries, headDim));
        device.Cache.GatherVectors(output, rig.Cache, Listed(rig, heads), values);
        int[] pool = [.. CacheRig.Widen(type, rig.Tensors.Bytes(values ? rig.Cache.Values : rig.Cache.Keys)).Select(BitConverter.SingleToInt32Bits)];
        int[] none = new int[headDim];
        IEnumerable<int> rows = heads.SelectMany(head => Places(rig, head)
            .Select(place => pool[(place * headDim)..((place + 1) * headDim)]).Concat(Enumerable.Repeat(none, entries)).Take(entries)).SelectMany(row => row);
        Assert.That(Read(rig, whole), Is.EqualTo(Poisoned(start).Concat(rows)));
        rig.AssertOthersUntouched([]);
    }

    /// <summary>Many heads, each with a list of its own in a matrix; those that are not listed stay.</summary>
    public static void KeepSelected(ComputeDevice device, DType type, int[] counts, int spare, int headDim = 16)
    {
        using var rig = new CacheRig(device, type, 2, headDim, counts, layers: [0, 1]);
        int[][] lists = [.. Heads.Select((head, i) => CacheCases.Pattern(counts[head.KvHead], i))];
        int capacity = lists.Max(list => list.Length) + spare;
        int[] kept = [.. lists.SelectMany(list => list.Concat(Enumerable.Repeat(Poison, capacity - list.Length)))];
        int[] keeps = [.. lists.Select(list => list.Length)];
        device.Cache.KeepSelected(rig.Cache, Listed(rig, Heads), rig.Tensors.Of(kept, Heads.Length, capacity), rig.Tensors.Of(keeps));
        var written = new HashSet<int>();
        for (int i = 0; i < Heads.Length; i++)
        {
            CacheCases.AssertKept(rig, Heads[i].Row, Heads[i].Layer, Heads[i].KvHead, 0, lists[i], written);
        }

        Assert.That(rig.Count(0, 0, 0), Is.EqualTo(counts[0]));
        Assert.That(rig.Count(1, 1, 0), Is.EqualTo(counts[0]));
        rig.AssertOthersUntouched(written);
    }

    /// <summary>
    /// An attribute is gathered, its best entries are selected and their slots kept, recorded once and launched again for fewer, with what
    /// lives on the device alone.
    /// </summary>
    public static void Evict(ComputeDevice device)
    {
        using var rig = new CacheRig(device, DType.BF16, 2, 8, [70, 33], layers: [0, 1]);
        Tensor listed = Listed(rig, Heads);
        Tensor scores = rig.Tensors.Of(new float[Heads.Length * 70], Heads.Length, 70);
        Tensor kept = rig.Tensors.Of(Poisoned(Heads.Length * 70), Heads.Length, 70);
        Tensor counts = rig.Tensors.Of(new int[Heads.Length]);
        Tensor lengths = rig.Tensors.Of([33, 70, 70, 33, 33]);
        Tensor wanted = rig.Tensors.Of([40]);
        void Step()
        {
            device.Cache.GatherSlots(scores, rig.Cache, listed, Attribute(rig, 1));
            device.Reduction.SelectTop(kept, counts, scores, wanted, lengths);
            device.Cache.KeepSelected(rig.Cache, listed, kept, counts);
        }

        AssertEviction(rig, Step, 40);
        using DeviceRecording? recording = device.Record(Step);
        foreach (int keep in new[] { 20, 7 })
        {
            device.Upload<int>(lengths, rig.Tensors.Ints(counts));
            device.Upload<int>(wanted, [keep]);
            AssertEviction(rig, recording is null ? Step : recording.Launch, keep);
        }
    }

    /// <summary>The heads as the operations take them.</summary>
    public static Tensor Listed(CacheRig rig, (int Row, int Layer, int KvHead)[] heads) =>
        rig.Tensors.Of([.. heads.SelectMany(head => new[] { head.Row, head.Layer, head.KvHead })], heads.Length, 3);

    /// <summary>Where the slots of a head lie.</summary>
    public static IEnumerable<int> Places(CacheRig rig, (int Row, int Layer, int KvHead) head) =>
        Enumerable.Range(0, rig.Count(head.Row, head.Layer, head.KvHead)).Select(slot => rig.Place(head.Row, head.Layer, head.KvHead, slot));

    private static void AssertEviction(CacheRig rig, Action evict, int keep)
    {
        rig.Remember();
        int[] plane = Read(rig, Attribute(rig, 1));
        int[][] expected = [.. Heads.Select(head => Best([.. Places(rig, head).Select(place => BitConverter.Int32BitsToSingle(plane[place]))], keep))];
        evict();
        var written = new HashSet<int>();
        for (int i = 0; i < Heads.Length; i++)
        {
            CacheCases.AssertKept(rig, Heads[i].Row, Heads[i].Layer, Heads[i].KvHead, 0, expected[i], written);
        }

        rig.AssertOthersUntouched(written);
    }

    private static int[] Best(float[] scores, int keep) =>
        [.. Enumerable.Range(0, scores.Length).OrderByDescending(slot => scores[slot]).ThenBy(slot => slot).Take(keep).Order()];

    private static int[] Poisoned(int count) => [.. Enumerable.Repeat(Poison, count)];

    private static Tensor Attribute(CacheRig rig, int plane) =>
        rig.Cache.Attributes.Rows(plane, 1).Reshape(rig.Cache.Positions.Shape);

    private static Tensor PlaneOf(CacheRig rig, DType type, int[] words) =>
        rig.Tensors.Of(type, words, words.Length / PagedKv.PageSlots, PagedKv.PageSlots);

    private static int[] Read(CacheRig rig, Tensor tensor) => [.. MemoryMarshal.Cast<byte, int>(rig.Tensors.Bytes(tensor))];

    private static IEnumerable<(int Place, int Head, int Slot)> Slots(CacheRig rig, (int Row, int Layer, int KvHead)[] heads) =>
        heads.SelectMany((head, i) => Places(rig, head).Select((place, slot) => (place, i, slot)));

    // A plane with values in the heads' slots and poison in all others.
    private static int[] Words(CacheRig rig, (int Row, int Layer, int KvHead)[] heads)
    {
        var random = new Random(4);
        int[] words = Poisoned((int)rig.Cache.Positions.Shape.ElementCount);
        foreach ((int place, _, _) in Slots(rig, heads))
        {
            words[place] = random.Next();
        }

        return words;
    }

    private static IEnumerable<int> Row(CacheRig rig, (int Row, int Layer, int KvHead) head, int[] words, int entries) =>
        Places(rig, head).Select(place => words[place]).Concat(Enumerable.Repeat(0, entries)).Take(entries);
}
