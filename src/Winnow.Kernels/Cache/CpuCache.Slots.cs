using System;

namespace Winnow.Kernels.Cache;

/// <summary>Between slots and dense matrices.</summary>
internal sealed unsafe partial class CpuCache
{
    /// <inheritdoc/>
    public void GatherSlots(Tensor output, in PagedKv cache, Tensor heads, Tensor plane)
    {
        (int count, int entries) = CacheChecks.Plane(cache, heads, plane, output);
        CacheContents.Heads(cache, heads, ascending: false);
        var work = new GatherWork(cache, (int*)heads.Address, (uint*)plane.Address, (uint*)output.Address, entries);
        RowRunner.Run(workers, work, count, 2L * entries);
    }

    /// <inheritdoc/>
    public void ScatterSlots(Tensor plane, in PagedKv cache, Tensor heads, Tensor input)
    {
        (int count, int entries) = CacheChecks.Plane(cache, heads, plane, input);
        CacheContents.Heads(cache, heads, ascending: true);
        var work = new ScatterWork(cache, (int*)heads.Address, (uint*)plane.Address, (uint*)input.Address, entries);
        RowRunner.Run(workers, work, count, 2L * entries);
    }

    /// <inheritdoc/>
    public void GatherVectors(Tensor output, in PagedKv cache, Tensor heads, bool values)
    {
        (int count, int entries) = CacheChecks.Vectors(cache, heads, output);
        CacheContents.Heads(cache, heads, ascending: false);
        var work = new VectorWork(cache, (int*)heads.Address, (float*)output.Address, entries, values);
        RowRunner.Run(workers, work, count, entries * cache.Keys.Shape[2]);
    }

    // One row of a matrix: the slots of a head that it has entries for.
    private static int SlotsOf(in PagedKv cache, int* named, int entries, out SlotPool pool)
    {
        long head = CacheContents.Head(cache, named);
        pool = new SlotPool(cache, head);
        return Math.Min(((int*)cache.Counts.Address)[head], entries);
    }

    private readonly struct GatherWork(PagedKv cache, int* heads, uint* plane, uint* matrix, int entries) : IRowWork
    {
        public void Execute(int row)
        {
            int slots = SlotsOf(cache, heads + (3 * row), entries, out SlotPool pool);
            var values = new Span<uint>(matrix + ((nint)row * entries), entries);
            for (int slot = 0; slot < slots; slot += PagedKv.PageSlots)
            {
                int run = Math.Min(PagedKv.PageSlots, slots - slot);
                new Span<uint>(plane + pool.Index(slot), run).CopyTo(values[slot..]);
            }

            values[slots..].Clear();
        }
    }

    private readonly struct ScatterWork(PagedKv cache, int* heads, uint* plane, uint* matrix, int entries) : IRowWork
    {
        public void Execute(int row)
        {
            int slots = SlotsOf(cache, heads + (3 * row), entries, out SlotPool pool);
            var values = new Span<uint>(matrix + ((nint)row * entries), entries);
            for (int slot = 0; slot < slots; slot += PagedKv.PageSlots)
            {
                int run = Math.Min(PagedKv.PageSlots, slots - slot);
                values.Slice(slot, run).CopyTo(new Span<uint>(plane + pool.Index(slot), run));
            }
        }
    }

    private readonly struct VectorWork(PagedKv cache, int* heads, float* output, int entries, bool values) : IRowWork
    {
        public void Execute(int row)
        {
            int slots = SlotsOf(cache, heads + (3 * row), entries, out SlotPool pool);
            int headDim = (int)cache.Keys.Shape[2];
            float* vectors = output + ((nint)row * entries * headDim);
            for (int slot = 0; slot < slots; slot++)
            {
                byte* stored = values ? pool.Value(slot) : pool.Key(slot);
                FloatConversion.Widen(cache.Keys.Type, stored, vectors + ((nint)slot * headDim), headDim);
            }

            new Span<float>(vectors + ((nint)slots * headDim), (entries - slots) * headDim).Clear();
        }
    }
}
