namespace Winnow.Kernels.Cache;

/// <summary>Dropping slots.</summary>
internal sealed unsafe partial class CpuCache
{
    /// <inheritdoc/>
    public void Compact(in PagedKv cache, int row, int layer, int kvHead, Tensor kept)
    {
        long head = CacheChecks.Head(cache, row, layer, kvHead, kept);
        int keep = checked((int)kept.Shape.ElementCount);
        RequireKept(cache, head, (int*)kept.Address, keep);
        Keep(cache, head, 0, (int*)kept.Address, keep);
    }

    /// <inheritdoc/>
    public void Compact(in PagedKv cache, Tensor heads, Tensor starts, Tensor kept)
    {
        CacheChecks.Lists(cache, heads, starts, kept);
        int lists = checked((int)heads.Shape[0]);
        var work = new ListWork(cache, (int*)heads.Address, (int*)starts.Address, (int*)kept.Address);
        CacheContents.Lists(starts, lists, kept.Shape.ElementCount);
        long before = -1;
        for (int list = 0; list < lists; list++)
        {
            long head = CacheContents.Head(cache, (int*)heads.Address + (3 * list));
            Operands.Require(head > before, "Heads must ascend by row, layer and KV head.", nameof(heads));
            before = head;
            RequireKept(cache, head, work.First(list), work.Length(list));
        }

        RowRunner.Run(workers, work, lists, kept.Shape.ElementCount / System.Math.Max(1, lists) * cache.Keys.Shape[2] * 2);
    }

    /// <inheritdoc/>
    public void KeepAccepted(in PagedKv cache, in RaggedBatch batch, Tensor starts, Tensor accepted)
    {
        CacheChecks.Accepted(cache, batch, starts, accepted);
        CacheContents.Batch(cache, batch);
        CacheContents.Lists(starts, batch.Sequences, accepted.Shape.ElementCount);
        var work = new AcceptedWork(cache, batch, (int*)starts.Address, (int*)accepted.Address);
        for (int sequence = 0; sequence < batch.Sequences; sequence++)
        {
            work.Check(sequence);
        }

        int heads = checked((int)(cache.Counts.Shape[1] * cache.Counts.Shape[2]));
        RowRunner.Run(workers, work, batch.Sequences * heads, cache.Keys.Shape[2] * 2 * batch.Tokens);
    }

    private static void RequireKept(in PagedKv cache, long head, int* kept, int keep)
    {
        int count = ((int*)cache.Counts.Address)[head];
        CacheContents.Pages(cache, head, count);
        Operands.Require(Ascends(kept, keep, count), $"Kept slots must ascend strictly and stay below the count {count}.", nameof(kept));
    }

    private static bool Ascends(int* indices, int length, int bound)
    {
        bool ascending = length == 0 || (indices[0] >= 0 && indices[length - 1] < bound);
        for (int i = 1; i < length; i++)
        {
            ascending &= indices[i - 1] < indices[i];
        }

        return ascending;
    }

    // Slots before `first` stay; indices count from there.
    private static void Keep(in PagedKv cache, long head, int first, int* kept, int keep)
    {
        var pool = new SlotPool(cache, head);
        for (int i = 0; i < keep; i++)
        {
            if (kept[i] != i)
            {
                pool.Copy(first + kept[i], first + i);
            }
        }

        ((int*)cache.Counts.Address)[head] = first + keep;
    }

    private readonly struct ListWork(PagedKv cache, int* heads, int* starts, int* kept) : IRowWork
    {
        public int* First(int list) => kept + starts[list];

        public int Length(int list) => starts[list + 1] - starts[list];

        public void Execute(int row) => Keep(cache, CacheContents.Head(cache, heads + (3 * row)), 0, First(row), Length(row));
    }

    private readonly struct AcceptedWork(PagedKv cache, RaggedBatch batch, int* starts, int* accepted) : IRowWork
    {
        private int Heads => (int)(cache.Counts.Shape[1] * cache.Counts.Shape[2]);

        public void Check(int sequence)
        {
            int tokens = Tokens(sequence);
            int length = starts[sequence + 1] - starts[sequence];
            Operands.Require(Ascends(accepted + starts[sequence], length, tokens), $"Accepted tokens must ascend strictly and stay below the sequence's {tokens}.", nameof(accepted));
            for (int head = 0; head < Heads && tokens > 0; head++)
            {
                int count = ((int*)cache.Counts.Address)[Head(sequence, head)];
                Operands.Require(count >= tokens, $"A head of {count} slots cannot hold the step's {tokens} tokens.", nameof(cache));
                CacheContents.Pages(cache, Head(sequence, head), count);
            }
        }

        public void Execute(int row)
        {
            int sequence = row / Heads;
            int tokens = Tokens(sequence);
            if (tokens > 0)
            {
                long head = Head(sequence, row % Heads);
                int first = ((int*)cache.Counts.Address)[head] - tokens;
                Keep(cache, head, first, accepted + starts[sequence], starts[sequence + 1] - starts[sequence]);
            }
        }

        private int Tokens(int sequence) => ((int*)batch.Starts.Address)[sequence + 1] - ((int*)batch.Starts.Address)[sequence];

        private long Head(int sequence, int head) => ((long)((int*)batch.Rows.Address)[sequence] * Heads) + head;
    }
}
