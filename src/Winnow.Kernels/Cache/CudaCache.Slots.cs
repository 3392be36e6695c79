using System;
using Winnow.Gpu;
using Winnow.Kernels.Norm;

namespace Winnow.Kernels.Cache;

/// <summary>Between slots and dense matrices, and positions in the cache.</summary>
internal sealed partial class CudaCache
{
    private const int SlotThreads = 256;

    // Whose positions a block of rerotation looks at.
    private const int RerotatedSlots = 64;

    // Blocks in a launch's second dimension; kernels go on in strides.
    private const int MostSlotBlocks = 65_535;

    private enum SlotKind
    {
        Gather,
        Scatter,
        Vectors,
        Rerotate,
    }

    /// <inheritdoc/>
    public void GatherSlots(Tensor output, in PagedKv cache, Tensor heads, Tensor plane)
    {
        CacheChecks.Plane(cache, heads, plane, output);
        Launch(SlotKind.Gather, output, cache, heads, plane);
    }

    /// <inheritdoc/>
    public void ScatterSlots(Tensor plane, in PagedKv cache, Tensor heads, Tensor input)
    {
        CacheChecks.Plane(cache, heads, plane, input);
        Launch(SlotKind.Scatter, input, cache, heads, plane);
    }

    /// <inheritdoc/>
    public void GatherVectors(Tensor output, in PagedKv cache, Tensor heads, bool values)
    {
        (int count, int entries) = CacheChecks.Vectors(cache, heads, output);
        int headDim = (int)cache.Keys.Shape[2];
        int vector = VectorOf(cache, output, headDim);
        ArgumentBlock arguments = new(stackalloc byte[128]);
        arguments.Add(new CudaPagedKv(cache));
        arguments.Add(output.Address);
        arguments.Add(heads.Address);
        arguments.Add(entries);
        arguments.Add(values ? 1 : 0);
        Launch(new SlotKey(SlotKind.Vectors, cache.Keys.Type, headDim / vector, vector), count, (long)entries * (headDim / vector), arguments);
    }

    /// <inheritdoc/>
    public void Rerotate(in PagedKv cache, Tensor heads, Tensor lengths, Tensor inverseFrequencies, RopeLayout layout)
    {
        (int count, int pairs) = CacheChecks.Rerotation(cache, heads, lengths, inverseFrequencies, layout);
        ArgumentBlock arguments = new(stackalloc byte[128]);
        arguments.Add(new CudaPagedKv(cache));
        arguments.Add(heads.Address);
        arguments.Add(lengths.Address);
        arguments.Add(inverseFrequencies.Address);
        arguments.Add((int)cache.Keys.Shape[2]);
        arguments.Add(pairs);
        long mostSlots = cache.PageTable.Shape[3] * PagedKv.PageSlots;

        // Two pairs of a lane where that makes whole words of 16-bit values.
        bool pairwise = cache.Keys.Type != DType.F32 && pairs % 2 == 0 && cache.Keys.Shape[2] % 2 == 0 && cache.Keys.Address % sizeof(uint) == 0;
        var key = new SlotKey(SlotKind.Rerotate, cache.Keys.Type, Vector: pairwise ? 2 : 1, Layout: layout);
        Launch(key, count, mostSlots, arguments, RerotatedSlots);
    }

    // Four values at a time where sizes and addresses allow.
    private static int VectorOf(in PagedKv cache, Tensor output, int headDim)
    {
        long pools = cache.Keys.Address | cache.Values.Address;
        return headDim % 4 == 0 && output.Address % 16 == 0 && pools % (4 * cache.Keys.Type.BlockBytes()) == 0 ? 4 : 1;
    }

    private static KernelVariant Describe(SlotKey key) => key.Kind switch
    {
        SlotKind.Gather => new("cache/planes.cu", "winnow_cache_gather_slots", 0),
        SlotKind.Scatter => new("cache/planes.cu", "winnow_cache_scatter_slots", 0),
        SlotKind.Vectors => new("cache/vectors.cu", "winnow_cache_gather_vectors", 0, $"TYPE={(int)key.Type}", $"UNITS={key.Units}", $"VECTOR={key.Vector}"),
        _ => new("cache/rerotate.cu", "winnow_cache_rerotate", 0, $"TYPE={(int)key.Type}", $"INTERLEAVED={(int)key.Layout}", $"VECTOR={key.Vector}"),
    };

    private void Launch(SlotKind kind, Tensor matrix, in PagedKv cache, Tensor heads, Tensor plane)
    {
        ArgumentBlock arguments = new(stackalloc byte[128]);
        arguments.Add(new CudaPagedKv(cache));
        arguments.Add(matrix.Address);
        arguments.Add(plane.Address);
        arguments.Add(heads.Address);
        arguments.Add((int)matrix.Shape[1]);
        Launch(new SlotKey(kind), heads.Shape[0], matrix.Shape[1], arguments);
    }

    // A column of blocks for each head.
    private void Launch(SlotKey key, long heads, long items, in ArgumentBlock arguments, int perBlock = SlotThreads)
    {
        if (heads > 0 && items > 0)
        {
            int blocks = (int)Math.Min(MostSlotBlocks, (items + perBlock - 1) / perBlock);
            _context.Launch(_slots[key], new LaunchShape(checked((int)heads), blocks, 1, SlotThreads), arguments);
        }
    }

    // Units: the pieces of Vector values that a key or value takes; Vector: the pairs of a lane for rerotation.
    private readonly record struct SlotKey(
        SlotKind Kind, DType Type = DType.F32, int Units = 0, int Vector = 0, RopeLayout Layout = RopeLayout.HalfSplit);
}
