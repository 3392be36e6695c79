using System;
using Winnow.Gpu;

namespace Winnow.Kernels.Linear;

/// <content>Many rows on compute capability 9.0a: products of warpgroups, fed by tensor maps.</content>
internal sealed partial class CudaLinear
{
    // One more row than the small tiles of the other kernel take.
    private const int LeastHopperRows = 65;

    private const int LineInputs = 64;

    // Rows and outputs of a box of sums.
    private const int BoxRows = 64;
    private const int BoxBytes = 128;
    private const int StagedTile = 128;

    /// <summary>Columns of tiles to choose from with 16-bit weights: sums and units of more than 208 do not fit into registers, with a gate 192.</summary>
    private static readonly int[] HopperTiles = [208, 192, 176, 160, 128, 96, 64];

    /// <summary>Rows of tiles to choose from with blocks.</summary>
    private static readonly int[] HopperBlockTiles = [128, 64];

    private readonly CudaTensorMaps _maps;
    private readonly int? _hopperTile;
    private readonly bool _isStaged;

    // Tensor maps are for rows on 16 bytes. Blocks lie on 16 bytes as a whole, see CheckPlace.
    private bool IsForHopper(in CudaLinearParams parameters, DType type, bool aligned) =>
        _hopperTile != 0 && parameters.Rows >= LeastHopperRows
        && (type is DType.F16 or DType.BF16 ? aligned : CudaLinearVariant.HasHopperBlocks(type) && type.BytesOf(parameters.Inputs) % Alignment == 0);

    // Blocks of the grid take tiles in waves. With 16-bit weights a wave takes, measured on an H200, as long as its columns and 4 more, each 0.2 us with 4096
    // inputs, but no less than 88; a little less where sums are staged, but for the last one. With blocks it is reckoned to take its rows, and half
    // of 128 to widen them.
    private CudaLinearVariant ChooseHopperTile(ref CudaLinearParams parameters, CudaLinearVariant variant)
    {
        bool plain = variant.Kind == CudaLinearKind.Hopper;
        CudaLinearVariant best = variant;
        int least = int.MaxValue;
        foreach (int tile in plain ? HopperTiles : HopperBlockTiles)
        {
            if (tile == HopperTiles[0] && variant.Gate == CudaGate.Fused)
            {
                continue;
            }

            CudaLinearVariant sized = variant with { Size = tile };
            int waves = Ceiling(CountHopperTiles(ref parameters, sized), _context.Driver.Properties.Multiprocessors);
            bool isStaged = plain && tile == StagedTile && waves > 1 && CanStage(parameters, sized);
            int cost = isStaged ? (waves * (tile + 2)) + 4 : waves * (plain ? Math.Max(88, tile + 4) : tile + 64);
            (best, least) = cost < least ? (sized with { IsStaged = isStaged }, cost) : (best, least);
        }

        return best;
    }

    // Whole boxes are staged, of arrays whose rows lie on 16 bytes; what else is added lies in pairs.
    private static bool CanStage(in CudaLinearParams parameters, CudaLinearVariant variant)
    {
        bool can = parameters.Gate % 8 == 0 && variant.TileOutputs * variant.OutputBytes % BoxBytes == 0;
        for (int i = 0; i < parameters.Count; i++)
        {
            CudaLinearPart part = parameters.Parts[i];
            can &= part.Outputs * variant.OutputBytes % Alignment == 0 && part.Output % Alignment == 0 && part.Bias % 8 == 0 && part.Residual % 8 == 0;
        }

        return can;
    }

    private static int CountHopperTiles(ref CudaLinearParams parameters, CudaLinearVariant variant) =>
        DivideParts(ref parameters, variant.TileOutputs, variant.Gate) * Ceiling(parameters.Rows, variant.TileRows);

    private void LaunchHopper(ref CudaLinearParams parameters, ref CudaLinearPacked packed, DType type, CudaGate gate, Activation activation, DType output)
    {
        CudaLinearKind kind = type is DType.F16 or DType.BF16 ? CudaLinearKind.Hopper : CudaLinearKind.HopperBlocks;
        var variant = new CudaLinearVariant(kind, type, true, 0, 1, gate, activation, Output: output);
        variant = _hopperTile is not int size
            ? ChooseHopperTile(ref parameters, variant)
            : variant with { Size = size, IsStaged = _isStaged && kind == CudaLinearKind.Hopper && CanStage(parameters, variant with { Size = size }) };
        Pack(ref parameters, ref packed, variant.Form);
        nint totals = variant.HasMinimum ? AddTotals(parameters, ref packed) : 0;
        int tiles = CountHopperTiles(ref parameters, variant);
        if (tiles > 0 && !(CanPair(parameters, variant, tiles) && TryLaunchPairs(parameters, variant, tiles)))
        {
            LaunchTiles(parameters, variant, totals, tiles);
        }
    }

    private void LaunchTiles(CudaLinearParams parameters, CudaLinearVariant variant, nint totals, int tiles)
    {
        CudaLinearKind kind = variant.Kind;
        ArgumentBlock arguments = new(stackalloc byte[1536]);
        arguments.Add(parameters);
        arguments.AddMap(_maps[new(variant.MatrixType, parameters.Input, parameters.Rows, parameters.Stride, variant.TileRows, LineInputs, true)]);
        for (int i = 0; i < CudaLinearParams.MostParts; i++)
        {
            arguments.AddMap(MapOf(parameters.Parts[Math.Min(i, parameters.Count - 1)], parameters.Inputs, variant));
        }

        for (int i = 0; kind == CudaLinearKind.Hopper && i < CudaLinearParams.MostParts; i++)
        {
            // Nothing looks at it where tiles are not staged.
            CudaLinearPart part = parameters.Parts[Math.Min(i, parameters.Count - 1)];
            arguments.AddMap(variant.IsStaged
                ? _maps[new(variant.OutputType, part.Output, parameters.Rows, part.Outputs, BoxRows, BoxBytes / variant.OutputBytes, true)]
                : MapOf(part, parameters.Inputs, variant));
        }

        if (kind == CudaLinearKind.HopperBlocks)
        {
            // Without minima nothing looks at it.
            arguments.AddMap(totals == 0
                ? MapOf(parameters.Parts[0], parameters.Inputs, variant)
                : _maps[new(TensorMapType.Float32, totals, Steps(parameters), TotalsPitch(parameters), CudaLinearVariant.HopperStageSteps, variant.TileRows, false)]);
        }

        _context.Launch(_variants[variant], HopperShape(variant, Math.Min(tiles, _context.Driver.Properties.Multiprocessors)), arguments);
    }

    private ReadOnlySpan<byte> MapOf(CudaLinearPart part, int inputs, CudaLinearVariant variant) => variant.Kind == CudaLinearKind.Hopper
        ? _maps[new(variant.MatrixType, part.Weight, part.Outputs, inputs, variant.BoxOutputs, LineInputs, true)]
        : _maps[new(TensorMapType.Float16, part.Weight, part.Outputs, (int)(variant.Weight.BytesOf(inputs) / 2), variant.TileOutputs, variant.HopperPitch / 2, false)];

    private static int Steps(in CudaLinearParams parameters) => Ceiling(parameters.Inputs, CudaLinearVariant.StepInputs);

    private static int TotalsPitch(in CudaLinearParams parameters) => Ceiling(parameters.Rows, 16) * 16;

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
