using System;
using System.Collections.Generic;
using Winnow.Gpu;
using Winnow.Kernels.Cache;

namespace Winnow.Kernels.Attention;

/// <content>The prefill kernel for Hopper, which takes keys and values by tensor maps of their pools.</content>
internal sealed partial class CudaAttention
{
    // An engine has a pool or two; who makes new ones again and again must not fill the memory.
    private const int MostMaps = 64;

    private readonly Dictionary<MapKey, byte[]> _maps = [];

    private void LaunchHopper(in AttentionProblem problem, ref CudaAttentionParameters parameters, CallKey key, long mostRows)
    {
        const int MapsAt = (CudaAttentionParameters.Bytes + (2 * sizeof(int)) + TensorMapShape.EncodedAlignment - 1) & -TensorMapShape.EncodedAlignment;
        long tiles = (mostRows + CudaAttentionShapes.HopperRows - 1) / CudaAttentionShapes.HopperRows * problem.KvHeads * problem.Sequences;
        int blocks = (int)Math.Min(tiles, _context.Driver.Properties.Multiprocessors);
        parameters.Tickets = Tickets(2 * sizeof(int));
        ArgumentBlock block = new(stackalloc byte[MapsAt + (4 * TensorMapShape.EncodedBytes)]);
        block.Add(parameters);
        block.Add(problem.Sequences);
        block.Add(problem.KvHeads);
        foreach (nint pool in (ReadOnlySpan<nint>)[parameters.Keys, parameters.Values])
        {
            block.AddMap(MapOf(new MapKey(pool, parameters.Pages, problem.HeadDim, problem.Type, PagedKv.PageSlots)));
            block.AddMap(MapOf(new MapKey(pool, parameters.Pages, problem.HeadDim, problem.Type, CudaAttentionShapes.HopperSlots)));
        }

        _context.Launch(_hoppers[key], LaunchShape.Linear(blocks, CudaAttentionShapes.HopperThreads, CudaAttentionShapes.HopperBytes(key.HeadDim)), block);
    }

    private byte[] MapOf(MapKey pool)
    {
        if (!_maps.TryGetValue(pool, out byte[]? map))
        {
            if (_maps.Count == MostMaps)
            {
                _maps.Clear();
            }

            map = new byte[TensorMapShape.EncodedBytes];
            _context.Driver.EncodeTensorMap(
                new TensorMapShape
                {
                    Address = pool.Address,
                    Type = pool.Type == DType.BF16 ? TensorMapType.BFloat16 : TensorMapType.Float16,
                    Dimensions = [pool.HeadDim, (long)pool.Pages * PagedKv.PageSlots],
                    Strides = [pool.HeadDim * sizeof(ushort)],
                    Box = [CudaAttentionShapes.HopperColumns, pool.Slots],
                    Swizzle = TensorMapSwizzle.Bytes128,
                },
                map);
            _maps.Add(pool, map);
        }

        return map;
    }

    /// <summary>A pool of keys or values, and the slots of a box.</summary>
    private readonly record struct MapKey(nint Address, int Pages, int HeadDim, DType Type, int Slots);
}
