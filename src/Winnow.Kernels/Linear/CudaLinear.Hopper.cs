using System;
using Winnow.Gpu;

namespace Winnow.Kernels.Linear;

/// <content>Many rows by 16-bit weights on compute capability 9.0a: products of warpgroups, fed by tensor maps.</content>
internal sealed partial class CudaLinear
{
    // One more row than the small tiles of the other kernel take.
    private const int LeastHopperRows = 65;

    /// <summary>Columns of tiles to choose from: sums and units of more than 208 do not fit into registers.</summary>
    private static readonly int[] HopperTiles = [208, 176, 128, 96, 64];

    private readonly CudaLinearMaps _maps;
    private readonly int? _hopperTile;

    private bool IsForHopper(in CudaLinearParams parameters, DType type, bool aligned) =>
        _hopperTile != 0 && aligned && type is DType.F16 or DType.BF16 && parameters.Rows >= LeastHopperRows;

    // A tile takes its columns from the tensor cores, and 64 + 3/4 of them from shared memory, which every operand is written to and read from
    // again: the longer of both, counted in the time of a column. Blocks take tiles in waves.
    private int ChooseHopperTile(ref CudaLinearParams parameters, CudaGate gate)
    {
        int best = 0;
        int least = int.MaxValue;
        foreach (int tile in HopperTiles)
        {
            int tiles = DivideParts(ref parameters, gate == CudaGate.Fused ? tile / 2 : tile, gate) * Ceiling(parameters.Rows, CudaLinearVariant.HopperRows);
            int cost = Ceiling(tiles, _context.Driver.Properties.Multiprocessors) * Math.Max(4 * tile, 256 + (3 * tile));
            (best, least) = cost < least ? (tile, cost) : (best, least);
        }

        return best;
    }

    private void LaunchHopper(ref CudaLinearParams parameters, DType type, CudaGate gate, Activation activation)
    {
        int tile = _hopperTile ?? ChooseHopperTile(ref parameters, gate);
        var variant = new CudaLinearVariant(CudaLinearKind.Hopper, type, true, tile, 1, gate, activation);
        int tiles = DivideParts(ref parameters, variant.TileOutputs, gate) * Ceiling(parameters.Rows, CudaLinearVariant.HopperRows);
        if (tiles == 0)
        {
            return;
        }

        ArgumentBlock arguments = new(stackalloc byte[1024]);
        arguments.Add(parameters);
        arguments.AddMap(_maps.Of(type, parameters.Input, parameters.Rows, parameters.Stride, CudaLinearVariant.HopperRows));
        for (int i = 0; i < CudaLinearParams.MostParts; i++)
        {
            ref CudaLinearPart part = ref parameters.Parts[Math.Min(i, parameters.Count - 1)];
            arguments.AddMap(_maps.Of(type, part.Weight, part.Outputs, parameters.Inputs, variant.TileOutputs));
        }

        int blocks = Math.Min(tiles, _context.Driver.Properties.Multiprocessors);
        _context.Launch(_variants[variant], new(blocks, 1, 1, variant.Threads, SharedBytes: variant.SharedBytes), arguments);
    }
}
