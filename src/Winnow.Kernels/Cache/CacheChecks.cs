namespace Winnow.Kernels.Cache;

/// <summary>Checks of the shapes and types of the cache's and the batch's tensors: what every device can check before it launches anything.</summary>
internal static class CacheChecks
{
    /// <summary>Shapes and types of the cache.</summary>
    /// <returns>Its KV heads and head size.</returns>
    public static (int KvHeads, int HeadDim) Cache(in PagedKv cache, int layer)
    {
        Tensor keys = cache.Keys;
        Operands.Require(!keys.IsEmpty && keys.Shape.Rank == 3 && keys.Shape[1] == PagedKv.PageSlots, $"Keys must be [pages, {PagedKv.PageSlots}, headDim].", nameof(cache));
        Operands.Require(keys.Type is DType.F32 or DType.F16 or DType.BF16, $"Keys must be F32, F16 or BF16; they are {keys.Type}.", nameof(cache));
        Operands.Require(cache.Values, keys.Type, keys.Shape.ElementCount);
        Operands.Require(cache.Positions, DType.I32, keys.Shape[0] * PagedKv.PageSlots);
        bool planes = cache.Attributes.IsEmpty
            || (cache.Attributes.Type == DType.F32 && cache.Attributes.Shape.ElementCount == cache.Attributes.Shape[0] * keys.Shape[0] * PagedKv.PageSlots);
        Operands.Require(planes, $"Attributes must be F32 [attributes, pages, {PagedKv.PageSlots}].", nameof(cache));
        Operands.RequireType(cache.PageTable, DType.I32);
        Operands.RequireType(cache.Counts, DType.I32);
        Shape table = cache.PageTable.Shape;
        Shape counts = cache.Counts.Shape;
        Operands.Require(
            table.Rank == 4 && counts.Rank == 3 && table[0] == counts[0] && table[1] == counts[1] && table[2] == counts[2],
            $"The page table must be [rows, layers, kvHeads, pages] and the counts [rows, layers, kvHeads]; they are {table} and {counts}.",
            nameof(cache));
        Operands.Require(layer >= 0 && layer < table[1], $"Layer {layer} is not one of the cache's {table[1]}.", nameof(layer));
        return ((int)table[2], (int)keys.Shape[2]);
    }

    /// <summary>Shapes and types of the batch, and its hints.</summary>
    public static void Batch(in PagedKv cache, in RaggedBatch batch)
    {
        Operands.RequireType(batch.Rows, DType.I32);
        Operands.RequireType(batch.Positions, DType.I32);
        Operands.Require(batch.Starts, DType.I32, batch.Sequences + 1L);
        long slots = cache.PageTable.Shape[3] * PagedKv.PageSlots;
        Operands.Require(batch.MostTokens >= 0 && batch.MostTokens <= batch.Tokens, $"MostTokens must be 0 or at most the step's {batch.Tokens} tokens, not {batch.MostTokens}.", nameof(batch));
        Operands.Require(batch.MostSlots >= 0 && batch.MostSlots <= slots, $"MostSlots must be 0 or at most the {slots} slots of a head, not {batch.MostSlots}.", nameof(batch));
    }
}
