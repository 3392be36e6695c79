using Winnow.Kernels.Cache;

namespace Winnow.Kernels.Attention;

/// <summary>
/// What one KV head of one sequence lets its queries read. Its entries are its slots in use, in order, or those of its list.
/// </summary>
internal readonly unsafe struct HeadSlots
{
    /// <param name="problem">The call.</param>
    /// <param name="sequence">The sequence.</param>
    /// <param name="kvHead">The KV head.</param>
    public HeadSlots(in AttentionProblem problem, int sequence, int kvHead)
    {
        Pages = problem.PageTable + (problem.HeadIndex(sequence, kvHead, problem.KeyLayer) * problem.PagesPerHead);
        ValuePages = problem.PageTable + (problem.HeadIndex(sequence, kvHead, problem.Layer) * problem.PagesPerHead);
        List = problem.List(sequence, kvHead);
        Count = problem.Entries(sequence, kvHead);
        FirstOwn = problem.Count(sequence, kvHead) - (problem.Starts[sequence + 1] - problem.Starts[sequence]);
    }

    /// <summary>The pages of keys and positions.</summary>
    public int* Pages { get; }

    /// <summary>The pages of values.</summary>
    public int* ValuePages { get; }

    /// <summary>The slots that are read, in ascending order; null if all are.</summary>
    public int* List { get; }

    /// <summary>How many entries there are.</summary>
    public int Count { get; }

    /// <summary>The slot of the first of the step's own tokens.</summary>
    public int FirstOwn { get; }

    /// <summary>Where an entry's slot lies in the pool.</summary>
    /// <param name="pages"><see cref="Pages"/> or <see cref="ValuePages"/>.</param>
    /// <param name="entry">The entry.</param>
    public long At(int* pages, int entry)
    {
        int slot = List == null ? entry : List[entry];
        return ((long)pages[slot / PagedKv.PageSlots] * PagedKv.PageSlots) + (slot % PagedKv.PageSlots);
    }
}
