using System;
using Winnow.Kernels.Norm;

namespace Winnow.Kernels.Cache;

/// <summary>The paged cache in host memory.</summary>
/// <param name="workers">The threads to use.</param>
/// <param name="norm">The same device's rotation.</param>
internal sealed unsafe partial class CpuCache(WorkerPool workers, INorm norm) : ICache
{
    /// <inheritdoc/>
    public void Append(in PagedKv cache, in RaggedBatch batch, int layer, Tensor keys, Tensor values, in SlotNorms norms = default)
    {
        CheckAppend(cache, batch, layer, keys, values, norms);
        AppendChecked(cache, batch, layer, keys, values, norms);
    }

    /// <inheritdoc/>
    public void AppendRotated(
        in PagedKv cache, in RaggedBatch batch, int layer, Tensor queries, Tensor keys, Tensor values, in Rotation rotation, in SlotNorms norms = default)
    {
        (int kvHeads, int headDim) = CheckAppend(cache, batch, layer, keys, values, norms);
        CacheChecks.Rotation(batch, kvHeads, headDim, queries, keys, rotation);
        Tensor rows = keys.Reshape(new Shape(batch.Tokens, (long)kvHeads * headDim));
        norm.Rope(queries, headDim, rotation.Table, rotation.Layout, rotation.QueryNorm, rotation.Epsilon);
        norm.Rope(rows, headDim, rotation.Table, rotation.Layout, rotation.KeyNorm, rotation.Epsilon);
        AppendChecked(cache, batch, layer, keys, values, norms);
    }

    /// <inheritdoc/>
    public void CopyPages(in PagedKv cache, Tensor sources, Tensor destinations)
    {
        int pages = CacheChecks.Copies(cache, sources, destinations);
        var work = new CopyWork(cache, (int*)sources.Address, (int*)destinations.Address);
        bool known = true;
        for (int i = 0; i < pages; i++)
        {
            known &= work.Knows(i, cache.Keys.Shape[0]);
        }

        Operands.Require(known, $"Page ids must be below {cache.Keys.Shape[0]}.", nameof(sources));
        RowRunner.Run(workers, work, pages, cache.Keys.Bytes / Math.Max(1, cache.Keys.Shape[0]) / sizeof(float) * 2);
    }

    private static (int KvHeads, int HeadDim) CheckAppend(
        in PagedKv cache, in RaggedBatch batch, int layer, Tensor keys, Tensor values, in SlotNorms norms)
    {
        (int kvHeads, int headDim) = CacheChecks.Append(cache, batch, layer, keys, values, norms);
        CacheContents.Batch(cache, batch);
        var starts = (int*)batch.Starts.Address;
        for (int sequence = 0; sequence < batch.Sequences; sequence++)
        {
            long head = HeadOf(cache, ((int*)batch.Rows.Address)[sequence], layer);
            RequireRoom(cache, head, kvHeads, starts[sequence + 1] - starts[sequence]);
        }

        return (kvHeads, headDim);
    }

    private static long HeadOf(in PagedKv cache, int row, int layer) =>
        ((row * cache.Counts.Shape[1]) + layer) * cache.Counts.Shape[2];

    private static void RequireRoom(in PagedKv cache, long head, int kvHeads, int tokens)
    {
        for (int kvHead = 0; kvHead < kvHeads && tokens > 0; kvHead++)
        {
            int count = ((int*)cache.Counts.Address)[head + kvHead];
            Operands.Require(count >= 0 && count <= int.MaxValue - tokens, $"A count of {count} leaves no room for {tokens} tokens.", nameof(cache));
            CacheContents.Pages(cache, head + kvHead, count + tokens);
        }
    }

    private void AppendChecked(in PagedKv cache, in RaggedBatch batch, int layer, Tensor keys, Tensor values, in SlotNorms norms)
    {
        (int kvHeads, int headDim) = ((int)cache.Counts.Shape[2], (int)cache.Keys.Shape[2]);
        var starts = (int*)batch.Starts.Address;
        var counts = (int*)cache.Counts.Address;
        for (int sequence = 0; sequence < batch.Sequences; sequence++)
        {
            long head = HeadOf(cache, ((int*)batch.Rows.Address)[sequence], layer);
            int tokens = starts[sequence + 1] - starts[sequence];

            // Once more, for a row that is named twice has grown by now.
            RequireRoom(cache, head, kvHeads, tokens);
            var append = new AppendWork(cache, head, kvHeads, keys.Address, values.Address, (int*)batch.Positions.Address, starts[sequence], norms);
            RowRunner.Run(workers, append, tokens, 2L * kvHeads * headDim);
            for (int kvHead = 0; kvHead < kvHeads; kvHead++)
            {
                counts[head + kvHead] += tokens;
            }
        }
    }

    private readonly struct AppendWork(
        PagedKv cache, long head, int kvHeads, nint keys, nint values, int* positions, int start, SlotNorms norms) : IRowWork
    {
        public void Execute(int row)
        {
            int token = start + row;
            int headDim = (int)cache.Keys.Shape[2];
            for (int kvHead = 0; kvHead < kvHeads; kvHead++)
            {
                var pool = new SlotPool(cache, head + kvHead);
                int slot = ((int*)cache.Counts.Address)[head + kvHead] + row;
                nint offset = (nint)((((long)token * kvHeads) + kvHead) * headDim);
                FloatConversion.Narrow(cache.Keys.Type, (float*)keys + offset, pool.Key(slot), headDim);
                FloatConversion.Narrow(cache.Keys.Type, (float*)values + offset, pool.Value(slot), headDim);
                *pool.Position(slot) = positions[token];
                pool.ClearAttributes(slot);
                if (norms.Any)
                {
                    pool.SetNorms(slot, norms.KeyL1, norms.KeyL2, (float*)keys + offset, headDim);
                    pool.SetNorms(slot, norms.ValueL1, norms.ValueL2, (float*)values + offset, headDim);
                }
            }
        }
    }

    private readonly struct CopyWork(PagedKv cache, int* sources, int* destinations) : IRowWork
    {
        public bool Knows(int row, long pages) => (uint)sources[row] < (ulong)pages && (uint)destinations[row] < (ulong)pages;

        public void Execute(int row)
        {
            long bytes = cache.Keys.Bytes / cache.Keys.Shape[0];
            Copy((byte*)cache.Keys.Address, sources[row], destinations[row], bytes);
            Copy((byte*)cache.Values.Address, sources[row], destinations[row], bytes);
            Copy((byte*)cache.Positions.Address, sources[row], destinations[row], PagedKv.PageSlots * sizeof(int));
            long planes = cache.Attributes.IsEmpty ? 0 : cache.Attributes.Shape[0];
            for (long plane = 0; plane < planes; plane++)
            {
                byte* first = (byte*)cache.Attributes.Address + (plane * (cache.Attributes.Bytes / planes));
                Copy(first, sources[row], destinations[row], PagedKv.PageSlots * sizeof(float));
            }
        }

        private static void Copy(byte* pool, int source, int destination, long bytes) =>
            Buffer.MemoryCopy(pool + (source * bytes), pool + (destination * bytes), bytes, bytes);
    }
}
