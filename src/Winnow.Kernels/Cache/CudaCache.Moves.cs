using Winnow.Gpu;

namespace Winnow.Kernels.Cache;

/// <summary>Moving slots and pages.</summary>
internal sealed partial class CudaCache
{
    private const int CompactThreads = 512;
    private const int CopyThreads = 256;

    // Of a slot's key or value, for one block.
    private const int SliceBytes = 64;

    private enum MoveKind
    {
        One,
        Many,
        Selected,
        Accepted,
        Pages,
    }

    /// <inheritdoc/>
    public void Compact(in PagedKv cache, int row, int layer, int kvHead, Tensor kept)
    {
        long head = CacheChecks.Head(cache, row, layer, kvHead, kept);
        var view = new CudaPagedKv(cache);
        ArgumentBlock arguments = new(stackalloc byte[128]);
        arguments.Add(view);
        arguments.Add(kept.Address);
        arguments.Add(head);
        arguments.Add(checked((int)kept.Shape.ElementCount));
        Launch(Slots(MoveKind.One, cache), 1, Parts(cache), arguments);
    }

    /// <inheritdoc/>
    public void Compact(in PagedKv cache, Tensor heads, Tensor starts, Tensor kept)
    {
        CacheChecks.Lists(cache, heads, starts, kept);
        var view = new CudaPagedKv(cache);
        ArgumentBlock arguments = new(stackalloc byte[128]);
        arguments.Add(view);
        arguments.Add(heads.Address);
        arguments.Add(starts.Address);
        arguments.Add(kept.Address);
        arguments.Add(checked((int)kept.Shape.ElementCount));
        Launch(Slots(MoveKind.Many, cache), heads.Shape[0], Parts(cache), arguments);
    }

    /// <inheritdoc/>
    public void KeepSelected(in PagedKv cache, Tensor heads, Tensor kept, Tensor counts)
    {
        int capacity = CacheChecks.Selected(cache, heads, kept, counts);
        var view = new CudaPagedKv(cache);
        ArgumentBlock arguments = new(stackalloc byte[128]);
        arguments.Add(view);
        arguments.Add(heads.Address);
        arguments.Add(kept.Address);
        arguments.Add(counts.Address);
        arguments.Add(capacity);
        Launch(Slots(MoveKind.Selected, cache), heads.Shape[0], Parts(cache), arguments);
    }

    /// <inheritdoc/>
    public void KeepAccepted(in PagedKv cache, in RaggedBatch batch, Tensor starts, Tensor accepted)
    {
        CacheChecks.Accepted(cache, batch, starts, accepted);
        int sequences = batch.Sequences;
        Operands.Require(sequences <= MostSequences, $"A step takes {MostSequences} sequences at most, not {sequences}.", nameof(batch));
        var view = new CudaPagedKv(cache);
        ArgumentBlock arguments = new(stackalloc byte[128]);
        arguments.Add(view);
        arguments.Add(batch.Rows.Address);
        arguments.Add(batch.Starts.Address);
        arguments.Add(starts.Address);
        arguments.Add(accepted.Address);
        arguments.Add(checked((int)accepted.Shape.ElementCount));
        Launch(Slots(MoveKind.Accepted, cache), (long)view.Layers * view.KvHeads, sequences, arguments);
    }

    /// <inheritdoc/>
    public void CopyPages(in PagedKv cache, Tensor sources, Tensor destinations)
    {
        int pages = CacheChecks.Copies(cache, sources, destinations);
        long pageBytes = SlotBytes(cache) * PagedKv.PageSlots;
        int unit = UnitOf(cache, pageBytes);
        ArgumentBlock arguments = new(stackalloc byte[128]);
        arguments.Add(new CudaPagedKv(cache));
        arguments.Add(sources.Address);
        arguments.Add(destinations.Address);
        arguments.Add((int)(pageBytes / unit));
        Launch(new MoveKey(MoveKind.Pages, unit, 0), pages, 2, arguments);
    }

    // Slices of keys and of values, positions, planes of attributes.
    private static int Parts(in PagedKv cache) =>
        checked((int)(2 * ((SlotBytes(cache) + SliceBytes - 1) / SliceBytes))) + 1 + new CudaPagedKv(cache).Planes;

    private static long SlotBytes(in PagedKv cache) => cache.Keys.Shape[2] * cache.Keys.Type.BlockBytes();

    private static MoveKey Slots(MoveKind kind, in PagedKv cache)
    {
        int unit = UnitOf(cache, SlotBytes(cache));
        return new MoveKey(kind, unit, (int)(SlotBytes(cache) / unit));
    }

    // The widest access that a run of bytes and both pools allow.
    private static int UnitOf(in PagedKv cache, long bytes)
    {
        long bits = bytes | cache.Keys.Address | cache.Values.Address;
        return (bits & 15) == 0 ? 16 : (bits & 7) == 0 ? 8 : (bits & 3) == 0 ? 4 : 2;
    }

    private static KernelVariant Describe(MoveKey key) => key.Kind switch
    {
        MoveKind.One => Compaction("winnow_cache_compact_one", key),
        MoveKind.Many => Compaction("winnow_cache_compact_many", key),
        MoveKind.Selected => Compaction("winnow_cache_keep_selected", key),
        MoveKind.Accepted => Compaction("winnow_cache_keep_accepted", key),
        _ => new("cache/copy_pages.cu", "winnow_cache_copy_pages", 0, $"UNIT={key.Unit}"),
    };

    private static KernelVariant Compaction(string entry, MoveKey key) =>
        new("cache/compact.cu", entry, 0, $"UNIT={key.Unit}", $"UNITS={key.Units}");

    private void Launch(MoveKey key, long columns, int rows, in ArgumentBlock arguments)
    {
        if (columns > 0 && rows > 0)
        {
            int threads = key.Kind == MoveKind.Pages ? CopyThreads : CompactThreads;
            _context.Launch(_moves[key], new LaunchShape(checked((int)columns), rows, 1, threads), arguments);
        }
    }

    // Units: the accesses that a slot takes; 0 where whole pages move.
    private readonly record struct MoveKey(MoveKind Kind, int Unit, int Units);
}
