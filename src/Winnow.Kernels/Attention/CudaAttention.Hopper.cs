using System;
using Winnow.Gpu;
using Winnow.Kernels.Cache;

namespace Winnow.Kernels.Attention;

/// <content>The prefill kernel for Hopper, which takes keys and values by tensor maps of their pools.</content>
internal sealed partial class CudaAttention
{
    private readonly CudaTensorMaps _maps;

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
        TensorMapType type = problem.Type == DType.BF16 ? TensorMapType.BFloat16 : TensorMapType.Float16;
        int slots = checked(parameters.Pages * PagedKv.PageSlots);
        foreach (nint pool in (ReadOnlySpan<nint>)[parameters.Keys, parameters.Values])
        {
            foreach (int boxSlots in (ReadOnlySpan<int>)[PagedKv.PageSlots, CudaAttentionShapes.HopperSlots])
            {
                block.AddMap(_maps[new(type, pool, slots, problem.HeadDim, boxSlots, CudaAttentionShapes.HopperColumns, IsSwizzled: true)]);
            }
        }

        _context.Launch(_hoppers[key], LaunchShape.Linear(blocks, CudaAttentionShapes.HopperThreads, CudaAttentionShapes.HopperBytes(key.HeadDim)), block);
    }
}
