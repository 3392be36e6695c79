namespace Winnow.Kernels.Cache;

/// <summary>
/// The device side of the KV cache. A slot holds one token's key and value for one (layer, KV head); a page is
/// <see cref="PageSlots"/> slots of one (layer, KV head). Every head of every layer has its own pages and its own count.
/// </summary>
public readonly record struct PagedKv
{
    /// <summary>Slots in a page.</summary>
    public const int PageSlots = 16;

    /// <summary>Keys after RoPE, F32, F16 or BF16 [pages, PageSlots, headDim].</summary>
    public required Tensor Keys { get; init; }

    /// <summary>Values, same type and shape as <see cref="Keys"/>.</summary>
    public required Tensor Values { get; init; }

    /// <summary>The true position of each slot's token, I32 [pages, PageSlots].</summary>
    public required Tensor Positions { get; init; }

    /// <summary>
    /// What a policy keeps with each slot, one plane for each attribute, F32 [attributes, pages, PageSlots]; empty where there is none.
    /// A new slot starts at 0; copies and compaction carry the values along.
    /// </summary>
    public Tensor Attributes { get; init; }

    /// <summary>Page ids, I32 [rows, layers, kvHeads, pagesPerHead]; entries past a head's last page may be anything: they are read at most, and not used.</summary>
    public required Tensor PageTable { get; init; }

    /// <summary>Slots in use, I32 [rows, layers, kvHeads].</summary>
    public required Tensor Counts { get; init; }
}
