namespace Winnow.Kernels.Cache;

/// <summary>
/// Checks of what the cache's and the batch's tensors hold, for devices whose memory the host reads. Others must not read it here: their
/// kernels stop at a page id that is none.
/// </summary>
internal static unsafe class CacheContents
{
    /// <summary>The batch's rows and starts.</summary>
    public static void Batch(in PagedKv cache, in RaggedBatch batch)
    {
        var starts = (int*)batch.Starts.Address;
        var rows = (int*)batch.Rows.Address;
        bool ascending = starts[0] == 0 && starts[batch.Sequences] == batch.Tokens;
        bool known = true;
        bool bounded = true;
        for (int sequence = 0; sequence < batch.Sequences; sequence++)
        {
            bounded &= batch.MostTokens == 0 || starts[sequence + 1] - starts[sequence] <= batch.MostTokens;
            ascending &= starts[sequence] <= starts[sequence + 1];
            known &= (uint)rows[sequence] < (ulong)cache.Counts.Shape[0];
        }

        Operands.Require(ascending, "Starts must ascend from 0 to the number of tokens.", nameof(batch));
        Operands.Require(known, "Rows must be rows of the page table.", nameof(batch));
        Operands.Require(bounded, $"A sequence has more tokens than MostTokens, {batch.MostTokens}.", nameof(batch));
    }

    /// <summary>The pages that a number of slots of one head lie in.</summary>
    public static void Pages(in PagedKv cache, long headIndex, int slots)
    {
        long perHead = cache.PageTable.Shape[3];
        Operands.Require(slots >= 0 && slots <= perHead * PagedKv.PageSlots, $"{slots} slots do not fit the {perHead} pages of a head.", nameof(cache));
        var pages = (uint)cache.Keys.Shape[0];
        int* table = (int*)cache.PageTable.Address + (headIndex * perHead);
        bool known = true;
        for (int page = 0; page * PagedKv.PageSlots < slots; page++)
        {
            known &= (uint)table[page] < pages;
        }

        Operands.Require(known, $"A page id is not one of the pool's {pages} pages.", nameof(cache));
    }

    /// <summary>Where lists begin.</summary>
    public static void Lists(Tensor starts, int lists, long elements)
    {
        var first = (int*)starts.Address;
        bool ascending = first[0] >= 0 && first[lists] <= elements;
        for (int list = 0; list < lists; list++)
        {
            ascending &= first[list] <= first[list + 1];
        }

        Operands.Require(ascending, $"Starts must ascend and stay within {elements} elements.", nameof(starts));
    }

    /// <summary>The heads that an operation is for, and the pages of their slots.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="heads">(row, layer, KV head) of each.</param>
    /// <param name="ascending">Whether they must ascend, so that none is named twice.</param>
    public static void Heads(in PagedKv cache, Tensor heads, bool ascending)
    {
        long before = -1;
        for (long i = 0; i < heads.Shape[0]; i++)
        {
            long head = Head(cache, (int*)heads.Address + (3 * i));
            Operands.Require(!ascending || head > before, "Heads must ascend by row, layer and KV head.", nameof(heads));
            Pages(cache, head, ((int*)cache.Counts.Address)[head]);
            before = head;
        }
    }

    /// <summary>The index among all heads of a (row, layer, KV head).</summary>
    public static long Head(in PagedKv cache, int* head)
    {
        Shape shape = cache.Counts.Shape;
        bool known = (uint)head[0] < shape[0] && (uint)head[1] < shape[1] && (uint)head[2] < shape[2];
        Operands.Require(known, $"There is no head of row {head[0]}, layer {head[1]}, KV head {head[2]} among {shape}.", nameof(head));
        return (((head[0] * shape[1]) + head[1]) * shape[2]) + head[2];
    }
}
