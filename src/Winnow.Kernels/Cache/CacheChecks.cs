using System;
using System.Runtime.CompilerServices;
using Winnow.Kernels.Norm;

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

    /// <summary>An append: cache, batch, keys, values and the planes of the norms.</summary>
    /// <returns>The KV heads and the head size.</returns>
    public static (int KvHeads, int HeadDim) Append(
        in PagedKv cache, in RaggedBatch batch, int layer, Tensor keys, Tensor values, in SlotNorms norms)
    {
        (int kvHeads, int headDim) = Cache(cache, layer);
        Batch(cache, batch);
        Operands.Require(keys, DType.F32, (long)batch.Tokens * kvHeads * headDim);
        Operands.Require(values, DType.F32, (long)batch.Tokens * kvHeads * headDim);
        long planes = cache.Attributes.IsEmpty ? 0 : cache.Attributes.Shape[0];
        foreach (int? plane in (ReadOnlySpan<int?>)[norms.KeyL1, norms.KeyL2, norms.ValueL1, norms.ValueL2])
        {
            Operands.Require(plane is null || (plane >= 0 && plane < planes), $"Plane {plane} is not one of the cache's {planes} attributes.", nameof(norms));
        }

        return (kvHeads, headDim);
    }

    /// <summary>The queries and the rotation of an append.</summary>
    public static void Rotation(in RaggedBatch batch, int kvHeads, int headDim, Tensor queries, Tensor keys, in Rotation rotation)
    {
        Operands.Require(!queries.IsEmpty && queries.Shape[0] == batch.Tokens, $"Queries must have a row for each of {batch.Tokens} tokens; they are {queries}.", nameof(queries));
        NormChecks.Rope(queries, headDim, rotation.Table, rotation.Layout, rotation.QueryNorm);
        Tensor rows = keys.Reshape(new Shape(batch.Tokens, (long)kvHeads * headDim));
        NormChecks.Rope(rows, headDim, rotation.Table, rotation.Layout, rotation.KeyNorm);
    }

    /// <summary>The lists of a compaction.</summary>
    public static void Lists(in PagedKv cache, Tensor heads, Tensor starts, Tensor kept)
    {
        Operands.Require(starts, DType.I32, Heads(cache, heads) + 1L);
        Operands.RequireType(kept, DType.I32);
    }

    /// <summary>The lists of a selection.</summary>
    /// <returns>The capacity of a list.</returns>
    public static int Selected(in PagedKv cache, Tensor heads, Tensor kept, Tensor counts)
    {
        int count = Heads(cache, heads);
        Operands.Require(!kept.IsEmpty && kept.Type == DType.I32 && kept.Shape.Rank == 2 && kept.Shape[0] == count, $"Kept slots must be I32 [{count}, capacity], a row for each head; they are {kept}.", nameof(kept));
        Operands.Require(counts, DType.I32, count);
        return checked((int)kept.Shape[1]);
    }

    /// <summary>A plane of slots, and the matrix that it is gathered to or scattered from.</summary>
    /// <returns>The heads and the entries of each.</returns>
    public static (int Heads, int Entries) Plane(in PagedKv cache, Tensor heads, Tensor plane, Tensor matrix, [CallerArgumentExpression(nameof(matrix))] string? name = null)
    {
        int count = Heads(cache, heads);
        bool words = !plane.IsEmpty && plane.Type is DType.F32 or DType.I32 && plane.Shape.ElementCount == cache.Positions.Shape.ElementCount;
        Operands.Require(words, $"A plane must be F32 or I32 [{cache.Keys.Shape[0]}, {PagedKv.PageSlots}]; it is {plane}.", nameof(plane));
        bool fits = !matrix.IsEmpty && matrix.Type == plane.Type && matrix.Shape.Rank == 2 && matrix.Shape[0] == count;
        Operands.Require(fits, $"The {name} must be {plane.Type} [{count}, entries], a row for each head; it is {matrix}.", name!);
        return (count, checked((int)matrix.Shape[1]));
    }

    /// <summary>The matrices that keys or values are gathered to.</summary>
    /// <returns>The heads and the entries of each.</returns>
    public static (int Heads, int Entries) Vectors(in PagedKv cache, Tensor heads, Tensor output)
    {
        int count = Heads(cache, heads);
        long headDim = cache.Keys.Shape[2];
        bool fits = !output.IsEmpty && output.Type == DType.F32 && output.Shape.Rank == 3 && output.Shape[0] == count && output.Shape[2] == headDim;
        Operands.Require(fits, $"The output must be F32 [{count}, entries, {headDim}], a matrix for each head; it is {output}.", nameof(output));
        Operands.Require(output.Shape[1] * headDim <= int.MaxValue, $"A head of {output.Shape[1]} entries is too large to be gathered at once.", nameof(output));
        return (count, (int)output.Shape[1]);
    }

    /// <summary>New positions and the rotation that goes with them.</summary>
    /// <returns>The heads and the pairs that rotate.</returns>
    public static (int Heads, int Pairs) Rerotation(in PagedKv cache, Tensor heads, Tensor lengths, Tensor inverseFrequencies, RopeLayout layout)
    {
        int count = Heads(cache, heads);
        Operands.Require(lengths, DType.I32, count);
        Operands.RequireType(inverseFrequencies, DType.F32);
        long pairs = inverseFrequencies.Shape.ElementCount;
        Operands.Require(2 * pairs <= cache.Keys.Shape[2], $"{2 * pairs} rotary dimensions do not fit heads of {cache.Keys.Shape[2]}.", nameof(inverseFrequencies));
        Operands.Require(layout is RopeLayout.HalfSplit or RopeLayout.Interleaved, $"Unknown layout {layout}.", nameof(layout));
        return (count, (int)pairs);
    }

    /// <summary>The heads that an operation is for.</summary>
    /// <returns>How many.</returns>
    public static int Heads(in PagedKv cache, Tensor heads)
    {
        Cache(cache, 0);
        Operands.Require(!heads.IsEmpty && heads.Type == DType.I32 && heads.Shape.Rank == 2 && heads.Shape[1] == 3, $"Heads must be I32 [heads, 3], the row, layer and KV head of each; they are {heads}.", nameof(heads));
        return checked((int)heads.Shape[0]);
    }

    /// <summary>The lists of accepted tokens.</summary>
    public static void Accepted(in PagedKv cache, in RaggedBatch batch, Tensor starts, Tensor accepted)
    {
        Cache(cache, 0);
        Batch(cache, batch);
        Operands.Require(starts, DType.I32, batch.Sequences + 1L);
        Operands.RequireType(accepted, DType.I32);
        Operands.Require(accepted.Shape.ElementCount >= batch.Tokens, $"There must be room for all {batch.Tokens} tokens to be accepted; there is for {accepted.Shape.ElementCount}.", nameof(accepted));
    }

    /// <summary>One head and its list.</summary>
    /// <returns>Its index among all heads.</returns>
    public static long Head(in PagedKv cache, int row, int layer, int kvHead, Tensor kept)
    {
        (int kvHeads, _) = Cache(cache, layer);
        Shape shape = cache.Counts.Shape;
        Operands.Require(row >= 0 && row < shape[0], $"Row {row} is not one of the page table's {shape[0]}.", nameof(row));
        Operands.Require(kvHead >= 0 && kvHead < kvHeads, $"KV head {kvHead} is not one of {kvHeads}.", nameof(kvHead));
        Operands.RequireType(kept, DType.I32);
        return (((row * shape[1]) + layer) * kvHeads) + kvHead;
    }

    /// <summary>The page ids of a copy.</summary>
    /// <returns>How many.</returns>
    public static int Copies(in PagedKv cache, Tensor sources, Tensor destinations)
    {
        Cache(cache, 0);
        Operands.RequireType(sources, DType.I32);
        Operands.Require(destinations, DType.I32, sources.Shape.ElementCount);
        return checked((int)sources.Shape.ElementCount);
    }
}
