using System;
using Winnow.Gpu;

namespace Winnow.Kernels.Cache;

/// <summary>Between slots and dense matrices.</summary>
internal sealed partial class CudaCache
{
    private const int SlotThreads = 256;

    // Blocks in a launch's second dimension; kernels go on in strides.
    private const int MostSlotBlocks = 65_535;

    private enum SlotKind
    {
        Gather,
        Scatter,
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

    private static KernelVariant Describe(SlotKey key) => key.Kind switch
    {
        SlotKind.Gather => new("cache/planes.cu", "winnow_cache_gather_slots", 0),
        _ => new("cache/planes.cu", "winnow_cache_scatter_slots", 0),
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
    private void Launch(SlotKey key, long heads, long items, in ArgumentBlock arguments)
    {
        if (heads > 0 && items > 0)
        {
            int blocks = (int)Math.Min(MostSlotBlocks, (items + SlotThreads - 1) / SlotThreads);
            _context.Launch(_slots[key], new LaunchShape(checked((int)heads), blocks, 1, SlotThreads), arguments);
        }
    }

    private readonly record struct SlotKey(SlotKind Kind);
}
