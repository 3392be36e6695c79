using System;
using System.Collections.Generic;
using System.Diagnostics;
using Winnow.Gpu;

namespace Winnow.Kernels.Linear;

/// <content>Pairs of blocks: clusters of two, which have the same columns of two row tiles side by side and bring each other half of them.</content>
internal sealed partial class CudaLinear
{
    // Pairs that the device holds at once.
    private readonly Dictionary<CudaLinearVariant, int> _residentPairs = [];

    private static LaunchShape HopperShape(CudaLinearVariant variant, int blocks) => new(blocks, 1, 1, variant.Threads, SharedBytes: variant.SharedBytes)
    {
        Cluster = variant.IsPaired ? (CudaLinearVariant.PairBlocks, 1, 1) : default,
    };

    // Row tiles come in twos, and pairs leave no multiprocessor out, because blocks stay until all tiles are made.
    private bool CanPair(in CudaLinearParams parameters, CudaLinearVariant variant, int tiles)
    {
        const int Pair = CudaLinearVariant.PairBlocks;
        int blocks = Math.Min(tiles, _context.Driver.Properties.Multiprocessors);
        return variant.Kind == CudaLinearKind.Hopper && _context.Driver.HasClusters && !_context.ClustersAreRefused
            && Ceiling(parameters.Rows, variant.TileRows) % Pair == 0 && blocks % Pair == 0
            && (_context.IsRehearsing || blocks <= Pair * ResidentPairs(variant with { IsPaired = true }));
    }

    // Blocks apart do the same where a driver refuses; only time is lost, and it is not asked again.
    private bool TryLaunchPairs(CudaLinearParams parameters, CudaLinearVariant variant, int tiles)
    {
        try
        {
            LaunchTiles(parameters, variant with { IsPaired = true }, 0, tiles);
            return true;
        }
        catch (CudaException exception) when (!exception.IsDeviceLost)
        {
            _context.RefuseClusters(exception);
            return false;
        }
    }

    private int ResidentPairs(CudaLinearVariant variant)
    {
        if (!_residentPairs.TryGetValue(variant, out int resident))
        {
            try
            {
                resident = _context.Driver.CountResidentClusters(_variants[variant], HopperShape(variant, CudaLinearVariant.PairBlocks));
            }
            catch (CudaException exception) when (!exception.IsDeviceLost)
            {
                Trace.TraceWarning($"Products of tiles of {variant.Size} columns have no clusters: {exception.Message}");
            }

            _residentPairs.Add(variant, resident);
        }

        return resident;
    }
}
