using System.Linq;
using Winnow.Kernels.Cache;

namespace Winnow.Kernels.Bench.Cache;

/// <summary>A cache of one sequence and one layer for the benchmarks that read or write pages; 8 KV heads of 128 unless they say otherwise.</summary>
public abstract class PagedCacheBench : KernelBench
{
    protected const int KvHeads = 8;
    protected const int HeadDim = 128;

    /// <summary>Fills a cache with random slots and a page table that names pages in order.</summary>
    protected PagedKv MakeCache(int slots)
    {
        int pagesPerHead = (slots + PagedKv.PageSlots - 1) / PagedKv.PageSlots;
        int pages = pagesPerHead * KvHeads;
        PagedKv cache = new()
        {
            Keys = Random(new Shape(pages, PagedKv.PageSlots, HeadDim)),
            Values = Random(new Shape(pages, PagedKv.PageSlots, HeadDim)),
            Positions = New(DType.I32, new Shape(pages, PagedKv.PageSlots)),
            PageTable = Range(0, pages).Reshape(new Shape(1, 1, KvHeads, pagesPerHead)),
            Counts = Integers([.. Enumerable.Repeat(slots, KvHeads)]).Reshape(new Shape(1, 1, KvHeads)),
        };
        int perHead = pagesPerHead * PagedKv.PageSlots;
        Device.Upload<int>(cache.Positions, [.. Enumerable.Range(0, pages * PagedKv.PageSlots).Select(slot => slot % perHead)]);
        return cache;
    }

    /// <summary>The last tokens of the sequence as a step's batch.</summary>
    protected RaggedBatch MakeBatch(int slots, int tokens) => new()
    {
        Rows = Integers(0),
        Starts = Integers(0, tokens),
        Positions = Range(slots - tokens, tokens),
    };
}
