using System;

namespace Winnow.Kernels.Cache;

/// <summary>The paged cache in host memory.</summary>
/// <param name="workers">The threads to use.</param>
internal sealed unsafe class CpuCache(WorkerPool workers) : ICache
{
    /// <inheritdoc/>
    public void Append(in PagedKv cache, in RaggedBatch batch, int layer, Tensor keys, Tensor values)
    {
        (int kvHeads, int headDim) = CacheChecks.Cache(cache, layer);
        CacheChecks.Batch(cache, batch);
        CacheContents.Batch(cache, batch);
        Operands.Require(keys, DType.F32, (long)batch.Tokens * kvHeads * headDim);
        Operands.Require(values, DType.F32, (long)batch.Tokens * kvHeads * headDim);
        var starts = (int*)batch.Starts.Address;
        var rows = (int*)batch.Rows.Address;
        var counts = (int*)cache.Counts.Address;
        long layers = cache.Counts.Shape[1];
        for (int sequence = 0; sequence < batch.Sequences; sequence++)
        {
            long head = ((rows[sequence] * layers) + layer) * kvHeads;
            RequireRoom(cache, head, kvHeads, starts[sequence + 1] - starts[sequence]);
        }

        for (int sequence = 0; sequence < batch.Sequences; sequence++)
        {
            long head = ((rows[sequence] * layers) + layer) * kvHeads;
            int tokens = starts[sequence + 1] - starts[sequence];

            // Once more, for a row that is named twice has grown by now.
            RequireRoom(cache, head, kvHeads, tokens);
            var append = new AppendWork(cache, head, kvHeads, keys.Address, values.Address, (int*)batch.Positions.Address, starts[sequence]);
            RowRunner.Run(workers, append, tokens, 2L * kvHeads * headDim);
            for (int kvHead = 0; kvHead < kvHeads; kvHead++)
            {
                counts[head + kvHead] += tokens;
            }
        }
    }

    /// <inheritdoc/>
    public void Compact(in PagedKv cache, int row, int layer, int kvHead, Tensor kept)
    {
        (int kvHeads, int headDim) = CacheChecks.Cache(cache, layer);
        Shape shape = cache.Counts.Shape;
        Operands.Require(row >= 0 && row < shape[0], $"Row {row} is not one of the page table's {shape[0]}.", nameof(row));
        Operands.Require(kvHead >= 0 && kvHead < kvHeads, $"KV head {kvHead} is not one of {kvHeads}.", nameof(kvHead));
        Operands.RequireType(kept, DType.I32);
        long head = (((row * shape[1]) + layer) * kvHeads) + kvHead;
        int* count = (int*)cache.Counts.Address + head;
        var slots = (int*)kept.Address;
        int keep = checked((int)kept.Shape.ElementCount);
        CacheContents.Pages(cache, head, *count);
        bool ascending = keep == 0 || (slots[0] >= 0 && slots[keep - 1] < *count);
        for (int i = 1; i < keep; i++)
        {
            ascending &= slots[i - 1] < slots[i];
        }

        Operands.Require(ascending, $"Kept slots must ascend strictly and stay below the count {*count}.", nameof(kept));
        var pool = new SlotPool(cache, head);
        for (int i = 0; i < keep; i++)
        {
            if (slots[i] != i)
            {
                pool.Copy(slots[i], i);
            }
        }

        *count = keep;
    }

    /// <inheritdoc/>
    public void CopyPages(in PagedKv cache, Tensor sources, Tensor destinations)
    {
        CacheChecks.Cache(cache, 0);
        Operands.RequireType(sources, DType.I32);
        Operands.Require(destinations, DType.I32, sources.Shape.ElementCount);
        int pages = checked((int)sources.Shape.ElementCount);
        var work = new CopyWork(cache, (int*)sources.Address, (int*)destinations.Address);
        bool known = true;
        for (int i = 0; i < pages; i++)
        {
            known &= work.Knows(i, cache.Keys.Shape[0]);
        }

        Operands.Require(known, $"Page ids must be below {cache.Keys.Shape[0]}.", nameof(sources));
        RowRunner.Run(workers, work, pages, cache.Keys.Bytes / Math.Max(1, cache.Keys.Shape[0]) / sizeof(float) * 2);
    }

    private static void RequireRoom(in PagedKv cache, long head, int kvHeads, int tokens)
    {
        for (int kvHead = 0; kvHead < kvHeads && tokens > 0; kvHead++)
        {
            int count = ((int*)cache.Counts.Address)[head + kvHead];
            Operands.Require(count >= 0 && count <= int.MaxValue - tokens, $"A count of {count} leaves no room for {tokens} tokens.", nameof(cache));
            CacheContents.Pages(cache, head + kvHead, count + tokens);
        }
    }

    private readonly struct AppendWork(PagedKv cache, long head, int kvHeads, nint keys, nint values, int* positions, int start) : IRowWork
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
