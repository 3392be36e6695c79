namespace Winnow.Kernels.Cache;

/// <summary>Operations on the paged KV cache.</summary>
public interface ICache
{
    /// <summary>
    /// Appends one layer's keys and values: token i of a sequence goes to slot count + i of each of its heads, with its position,
    /// and the counts grow by the sequence's tokens. The pages must be in the page table already.
    /// </summary>
    /// <param name="cache">The cache.</param>
    /// <param name="batch">The step's tokens.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="keys">Keys after RoPE, F32 [tokens, kvHeads * headDim].</param>
    /// <param name="values">Values, F32 [tokens, kvHeads * headDim].</param>
    void Append(in PagedKv cache, in RaggedBatch batch, int layer, Tensor keys, Tensor values);

    /// <summary>
    /// Keeps some slots of one (row, layer, head) and drops the rest: in place, in order, keys, values, positions and attributes bit for bit.
    /// Sets the count. Pages past the new end are the caller's to give back.
    /// </summary>
    /// <param name="cache">The cache.</param>
    /// <param name="row">The page-table row.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="kvHead">The KV head.</param>
    /// <param name="kept">Slot indices to keep, strictly ascending, each below the count, I32 [kept]; empty keeps none.</param>
    void Compact(in PagedKv cache, int row, int layer, int kvHead, Tensor kept);

    /// <summary>Copies whole pages: keys, values, positions and attributes.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="sources">Page ids, I32 [n].</param>
    /// <param name="destinations">Page ids, I32 [n]; none of them is a source.</param>
    void CopyPages(in PagedKv cache, Tensor sources, Tensor destinations);
}
