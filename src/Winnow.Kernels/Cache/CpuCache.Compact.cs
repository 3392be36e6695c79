namespace Winnow.Kernels.Cache;

/// <summary>Dropping slots.</summary>
internal sealed unsafe partial class CpuCache
{
    /// <inheritdoc/>
    public void Compact(in PagedKv cache, int row, int layer, int kvHead, Tensor kept)
    {
        long head = CacheChecks.Head(cache, row, layer, kvHead, kept);
        int keep = checked((int)kept.Shape.ElementCount);
        CacheContents.Pages(cache, head, ((int*)cache.Counts.Address)[head]);
        RequireKept(cache, head, (int*)kept.Address, keep);
        Keep(cache, head, 0, (int*)kept.Address, keep);
    }

    /// <inheritdoc/>
    public void Compact(in PagedKv cache, Tensor heads, Tensor starts, Tensor kept)
    {
        CacheChecks.Lists(cache, heads, starts, kept);
        CacheContents.Lists(starts, checked((int)heads.Shape[0]), kept.Shape.ElementCount);
        KeepLists(cache, heads, kept, new StartedLists((int*)kept.Address, (int*)starts.Address));
    }

    /// <inheritdoc/>
    public void KeepSelected(in PagedKv cache, Tensor heads, Tensor kept, Tensor counts)
    {
        int capacity = CacheChecks.Selected(cache, heads, kept, counts);
        var lists = new SelectedLists((int*)kept.Address, (int*)counts.Address, capacity);
        for (int list = 0; list < heads.Shape[0]; list++)
        {
            int keep = lists.Length(list);
            Operands.Require(keep >= 0 && keep <= capacity, $"A list of {keep} kept slots does not fit the capacity {capacity}.", nameof(counts));
        }

        KeepLists(cache, heads, kept, lists);
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

    private void KeepLists<TLists>(in PagedKv cache, Tensor heads, Tensor kept, TLists lists)
        where TLists : struct, IKeptLists
    {
        CacheContents.Heads(cache, heads, ascending: true);
        int count = checked((int)heads.Shape[0]);
        var named = (int*)heads.Address;
        for (int list = 0; list < count; list++)
        {
            RequireKept(cache, CacheContents.Head(cache, named + (3 * list)), lists.First(list), lists.Length(list));
        }

        var work = new ListWork<TLists>(cache, named, lists);
        RowRunner.Run(workers, work, count, kept.Shape.ElementCount / System.Math.Max(1, count) * cache.Keys.Shape[2] * 2);
    }

    private interface IKeptLists
    {
        int* First(int list);

        int Length(int list);
    }

    private readonly struct StartedLists(int* kept, int* starts) : IKeptLists
    {
        public int* First(int list) => kept + starts[list];

        public int Length(int list) => starts[list + 1] - starts[list];
    }

    private readonly struct SelectedLists(int* kept, int* counts, int capacity) : IKeptLists
    {
        public int* First(int list) => kept + ((nint)list * capacity);

        public int Length(int list) => counts[list];
    }

    private readonly struct ListWork<TLists>(PagedKv cache, int* heads, TLists lists) : IRowWork
        where TLists : struct, IKeptLists
    {
        public void Execute(int row) => Keep(cache, CacheContents.Head(cache, heads + (3 * row)), 0, lists.First(row), lists.Length(row));
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
