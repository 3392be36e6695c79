using System;
using System.Collections.Generic;
using System.Linq;
using Winnow.Cache;
using Winnow.Kernels;
using Winnow.Kernels.Cache;

namespace Winnow.Tests.Cache.Policies;

/// <summary>Reads what a sequence holds back from the device, by the device's own page table and counts.</summary>
internal static class CacheReader
{
    public static IReadOnlyList<IReadOnlyList<SlotView>> Read(ComputeDevice device, KvCache cache, KvSequence sequence)
    {
        PagedKv kv = cache.Device;
        int headDim = cache.Options.HeadDim;
        int[] counts = Download<int>(device, kv.Counts.Rows(sequence.Row, 1));
        int[] table = Download<int>(device, kv.PageTable.Rows(sequence.Row, 1));
        float[] keys = Download<float>(device, kv.Keys);
        float[] values = Download<float>(device, kv.Values);
        int[] positions = Download<int>(device, kv.Positions);
        Dictionary<string, float[]> planes = cache.Options.Attributes.ToDictionary(name => name, name => Download<float>(device, cache.Attribute(name)));
        int pagesPerHead = table.Length / counts.Length;
        return [.. counts.Select((count, row) => (IReadOnlyList<SlotView>)[.. Enumerable.Range(0, count).Select(slot =>
        {
            int at = (table[(row * pagesPerHead) + (slot / PagedKv.PageSlots)] * PagedKv.PageSlots) + (slot % PagedKv.PageSlots);
            return new SlotView(
                positions[at],
                keys[(at * headDim)..((at + 1) * headDim)],
                values[(at * headDim)..((at + 1) * headDim)],
                planes.ToDictionary(plane => plane.Key, plane => plane.Value[at]));
        })])];
    }

    private static T[] Download<T>(ComputeDevice device, Tensor tensor)
        where T : unmanaged
    {
        T[] result = new T[tensor.Bytes / System.Runtime.CompilerServices.Unsafe.SizeOf<T>()];
        device.Download(tensor, result.AsSpan());
        return result;
    }
}
