namespace Winnow.Engine;

/// <summary>Where the scheduler gets pages from: the KV cache in the engine, a counter in tests.</summary>
internal interface IPagePool
{
    /// <summary>Pages that nobody uses.</summary>
    int FreePages { get; }

    /// <summary>Free pages that <see cref="TryReserve"/> would take, as far as that is known.</summary>
    int PagesNeeded(ScheduledSequence sequence, int tokens);

    /// <summary>Makes room for more tokens behind the cached ones; false changes nothing.</summary>
    bool TryReserve(ScheduledSequence sequence, int tokens);

    /// <summary>Whether the sequence can have so many more tokens, however many pages are free: heads hold no more slots than the context.</summary>
    bool HasPlaceFor(ScheduledSequence sequence, int tokens);

    /// <summary>True while the sequence holds pages or a row that <see cref="Release"/> would give back.</summary>
    bool Holds(ScheduledSequence sequence);

    /// <summary>Takes all pages of a sequence back.</summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="returns">Whether it will go on: what could not be computed again to the same is kept outside of the pool then.</param>
    /// <returns>How many of its tokens need not be computed again.</returns>
    int Release(ScheduledSequence sequence, bool returns);
}
