using System;
using Winnow.Gpu;

namespace Winnow.Kernels.Linear;

/// <content>Many rows on compute capability 9.0a: products of warpgroups, fed by tensor maps.</content>
internal sealed partial class CudaLinear
{
    // One more row than the small tiles of the other kernel take.
    private const int LeastHopperRows = 65;

    private const int LineInputs = 64;

    /// <summary>Columns of tiles to choose from with 16-bit weights: sums and units of more than 208 do not fit into registers.</summary>
    private static readonly int[] HopperTiles = [208, 176, 128, 96, 64];

    /// <summary>Rows of tiles to choose from with blocks.</summary>
    private static readonly int[] HopperBlockTiles = [128, 64];

    private readonly CudaLinearMaps _maps;
    private readonly int? _hopperTile;

    // Tensor maps are for rows on 16 bytes. Blocks lie on 16 bytes as a whole, see CheckPlace.
    private bool IsForHopper(in CudaLinearParams parameters, DType type, bool aligned) =>
        _hopperTile != 0 && parameters.Rows >= LeastHopperRows && (type is DType.F16 or DType.BF16 ? aligned : type.BytesOf(parameters.Inputs) % Alignment == 0);

    // Times in that of a column of a tile. With 16-bit weights a tile takes its columns from the tensor cores, and 64 + 3/4 of them from shared memory, which
    // every operand is written to and read from again: the longer of both. With blocks it takes its rows, and half of 128 to widen them. Blocks of
    // the grid take tiles in waves.
    private int ChooseHopperTile(ref CudaLinearParams parameters, CudaLinearVariant variant)
    {
        bool plain = variant.Kind == CudaLinearKind.Hopper;
        int best = 0;
        int least = int.MaxValue;
        foreach (int tile in plain ? HopperTiles : HopperBlockTiles)
        {
            int waves = Ceiling(CountHopperTiles(ref parameters, variant with { Size = tile }), _context.Driver.Properties.Multiprocessors);
            int cost = waves * (plain ? Math.Max(4 * tile, 256 + (3 * tile)) : 4 * (tile + 64));
            (best, least) = cost < least ? (tile, cost) : (best, least);
        }

        return best;
    }

    private static int CountHopperTiles(ref CudaLinearParams parameters, CudaLinearVariant variant) =>
        DivideParts(ref parameters, variant.TileOutputs, variant.Gate) * Ceiling(parameters.Rows, variant.TileRows);

    private void LaunchHopper(ref CudaLinearParams parameters, ref CudaLinearPacked packed, DType type, CudaGate gate, Activation activation)
    {
        CudaLinearKind kind = type is DType.F16 or DType.BF16 ? CudaLinearKind.Hopper : CudaLinearKind.HopperBlocks;
        var variant = new CudaLinearVariant(kind, type, true, 0, 1, gate, activation);
        variant = variant with { Size = _hopperTile ?? ChooseHopperTile(ref parameters, variant) };
        Pack(ref parameters, ref packed, variant.Form);
        nint totals = variant.HasMinimum ? AddTotals(parameters, ref packed) : 0;
        int tiles = CountHopperTiles(ref parameters, variant);
        if (tiles == 0)
        {
            return;
        }

        ArgumentBlock arguments = new(stackalloc byte[1024]);
        arguments.Add(parameters);
        arguments.AddMap(_maps[new(variant.MatrixType, parameters.Input, parameters.Rows, parameters.Stride, variant.TileRows, LineInputs, true)]);
        for (int i = 0; i < CudaLinearParams.MostParts; i++)
        {
            arguments.AddMap(MapOf(parameters.Parts[Math.Min(i, parameters.Count - 1)], parameters.Inputs, variant));
        }

        if (kind == CudaLinearKind.HopperBlocks)
        {
            // Without minima nothing looks at it.
            arguments.AddMap(totals == 0
                ? MapOf(parameters.Parts[0], parameters.Inputs, variant)
                : _maps[new(TensorMapType.Float32, totals, Steps(parameters), TotalsPitch(parameters), CudaLinearVariant.HopperStageSteps, variant.TileRows, false)]);
        }

        int blocks = Math.Min(tiles, _context.Driver.Properties.Multiprocessors);
        _context.Launch(_variants[variant], new(blocks, 1, 1, variant.Threads, SharedBytes: variant.SharedBytes), arguments);
    }

    private ReadOnlySpan<byte> MapOf(in CudaLinearPart part, int inputs, CudaLinearVariant variant) => variant.Kind == CudaLinearKind.Hopper
        ? _maps[new(variant.MatrixType, part.Weight, part.Outputs, inputs, variant.TileOutputs, LineInputs, true)]
        : _maps[new(TensorMapType.Float16, part.Weight, part.Outputs, (int)(variant.Weight.BytesOf(inputs) / 2), variant.TileOutputs, variant.HopperPitch / 2, false)];

    private static int Steps(in CudaLinearParams parameters) => Ceiling(parameters.Inputs, CudaLinearVariant.StepInputs);

    private static int TotalsPitch(in CudaLinearParams parameters) => Ceiling(parameters.Rows, 8) * 8;

    private nint AddTotals(in CudaLinearParams parameters, ref CudaLinearPacked packed)
    {
        (int steps, int pitch) = (Steps(parameters), TotalsPitch(parameters));
        nint totals = _totals.Get((long)steps * pitch * sizeof(float));
        if (!packed.HasTotals)
        {
            packed.HasTotals = true;
            ArgumentBlock arguments = new(stackalloc byte[48]);
            arguments.Add(totals);
            arguments.Add(parameters.Input);
            arguments.Add(parameters.Rows);
            arguments.Add(parameters.Stride);
            arguments.Add(steps);
            arguments.Add(pitch);
            _context.Launch(_variants[new(CudaLinearKind.Totals, DType.F16, true)], new(pitch / 8, Ceiling(steps, 8), 1, 256), arguments);
        }

        return totals;
    }
}
