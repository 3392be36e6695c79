using System;
using System.Collections.Generic;
using Winnow.Gpu;

namespace Winnow.Kernels.Linear;

/// <summary>
/// Products on a GPU. Float weights are multiplied in float, others on tensor cores with the input rounded to bf16 for BF16 weights and to
/// f16 for all else (values past 65504 are held there); sums are float. A row's bits depend neither on the number of rows nor on the kernel
/// that is chosen for it.
/// </summary>
internal sealed partial class CudaLinear : ILinear, IDisposable
{
    private const int MostFewRows = 16;
    private const int Alignment = 16;

    private readonly CudaContext _context;
    private readonly KernelVariants<CudaLinearVariant> _variants;
    private readonly CudaScratch _packed;
    private readonly CudaScratch _gate;
    private readonly CudaScratch _totals;
    private readonly CudaScratch _floats;
    private readonly int? _split;
    private readonly int? _tile;
    private readonly bool _hasRowKernel;

    /// <summary>Makes the family.</summary>
    /// <param name="context">The device; it stays with the caller.</param>
    /// <param name="split">Warps that share a tile of outputs with few rows, 1 or 4; null for what suits the device.</param>
    /// <param name="tile">Outputs and rows of a tile with many rows, 64 or 128; null for what suits the device.</param>
    /// <param name="hopperTile">Columns (with blocks rows) of a tile of the kernels for Hopper; 0 never to take them, null for what suits, if no tile is given.</param>
    /// <param name="isStaged">Whether the kernel for 16-bit weights on Hopper stages its sums where it can, if its tile is given.</param>
    public CudaLinear(CudaContext context, int? split = null, int? tile = null, int? hopperTile = null, bool isStaged = false)
    {
        // Who asks for a split asks for the kernel that has one.
        (_context, _split, _tile, _hasRowKernel) = (context, split, tile, split is null);
        _hopperTile = context.Driver.Architecture.EndsWith("_90a", StringComparison.Ordinal) && tile is null ? hopperTile : 0;
        _isStaged = isStaged;
        _maps = new CudaTensorMaps(context.Driver);
        _variants = new KernelVariants<CudaLinearVariant>(context, variant => variant.Describe(context.Driver.Properties.MaxSharedBytesPerBlock));
        _packed = new CudaScratch(context);
        _gate = new CudaScratch(context);
        _totals = new CudaScratch(context);
        _floats = new CudaScratch(context);
    }

    /// <summary>A representative of every kind of variant.</summary>
    public static IEnumerable<KernelVariant> Shipped() => CudaLinearVariant.Shipped();

    /// <inheritdoc/>
    public void Project(Tensor input, params ReadOnlySpan<Projection> projections)
    {
        foreach (ref readonly Projection projection in projections)
        {
            LinearArguments.Check(input, projection, InputType(projection.Weight, checked((int)input.Shape[0])));
            LinearArguments.RequireFileOrder(projection.Weight);
            CheckPlace(input, projection.Weight, projection.Output);
        }

        CudaLinearPacked packed = new() { IsInput = input.Type != DType.F32 };
        for (int first = 0; first < projections.Length && input.Shape[0] > 0;)
        {
            DType type = projections[first].Weight.Type;
            var parameters = Start(input);
            bool aligned = IsAligned(input, type);
            while (first < projections.Length && parameters.Count < CudaLinearParams.MostParts && projections[first].Weight.Type == type)
            {
                ref readonly Projection projection = ref projections[first++];
                aligned &= IsAligned(projection.Weight);
                parameters.Parts[parameters.Count++] = Part(projection.Output.Address, projection.Weight) with
                {
                    Bias = AddressOf(projection.Bias),
                    Residual = AddressOf(projection.Residual),
                };
            }

            Launch(ref parameters, ref packed, type, aligned, CudaGate.None, default);
        }
    }

    /// <inheritdoc/>
    public Tensor Arrange(Tensor weight)
    {
        LinearArguments.CheckWeight(weight);
        return weight;
    }

    /// <inheritdoc/>
    public void ProjectGated(Tensor output, Tensor input, Tensor gate, Tensor up, Activation activation)
    {
        DType inputType = gate.Type == up.Type ? InputType(up, checked((int)input.Shape[0])) : DType.F32;
        LinearArguments.CheckGated(output, input, gate, up, activation, inputType, _hopperTile != 0);
        LinearArguments.RequireFileOrder(gate);
        LinearArguments.RequireFileOrder(up);
        CheckPlace(input, gate, output);
        CheckPlace(input, up, output);
        if (input.Shape[0] == 0)
        {
            return;
        }

        if (output.Type == DType.F32 || CanRound(input, gate, up))
        {
            ProjectGated(output.Address, output.Type, input, gate, up, activation);
            return;
        }

        nint floats = _floats.Get(output.Shape.ElementCount * sizeof(float));
        ProjectGated(floats, DType.F32, input, gate, up, activation);
        Round(output, floats);
    }

    /// <summary>Frees the scratch memory.</summary>
    public void Dispose()
    {
        _packed.Dispose();
        _gate.Dispose();
        _floats.Dispose();
        _totals.Dispose();
    }

    private static CudaLinearParams Start(Tensor input) => new()
    {
        Input = input.Address,
        Rows = checked((int)input.Shape[0]),
        Inputs = checked((int)input.Shape[1]),
    };

    private static CudaLinearPart Part(nint output, Tensor weight) => new()
    {
        Output = output,
        Weight = weight.Address,
        Outputs = checked((int)weight.Shape[0]),
    };

    private static nint AddressOf(Tensor tensor) => tensor.IsEmpty ? 0 : tensor.Address;

    // Blocks are read from where the tensor starts in steps of 16 bytes; floats and halves have a form for other places.
    private static void CheckPlace(Tensor input, Tensor weight, Tensor output)
    {
        if (weight.Type.BlockValues() > 1 && weight.Address % Alignment != 0)
        {
            throw new ArgumentException(
                $"The weight {weight} must lie on {Alignment} bytes and lies {weight.Address % Alignment} past; give it a buffer of its own.");
        }

        if (!IsInPlace(input) || !IsInPlace(output))
        {
            throw new ArgumentException($"The input {input} and the output {output} must lie on 4 bytes, or of 16-bit types on {Alignment}.");
        }
    }

    private static bool IsInPlace(Tensor tensor) => tensor.Address % (tensor.Type == DType.F32 ? sizeof(float) : Alignment) == 0;

    private static bool IsAligned(Tensor input, DType weight) =>
        input.Address % Alignment == 0 && input.Shape[1] % (weight == DType.F32 ? 4 : 8) == 0;

    private static bool IsAligned(Tensor weight) => weight.Address % Alignment == 0;

    private static int Ceiling(int count, int size) => (count + size - 1) / size;

    private static int DivideParts(ref CudaLinearParams parameters, int tileOutputs, CudaGate gate)
    {
        int tiles = 0;
        for (int i = gate == CudaGate.Fused ? 1 : 0; i < parameters.Count; i++)
        {
            parameters.Parts[i].FirstTile = tiles;
            tiles += Ceiling(parameters.Parts[i].Outputs, tileOutputs);
        }

        return tiles;
    }

    private void Launch(
        ref CudaLinearParams parameters,
        ref CudaLinearPacked packed,
        DType type,
        bool aligned,
        CudaGate gate,
        Activation activation,
        DType output = DType.F32)
    {
        if (type == DType.F32)
        {
            int rows = parameters.Rows == 1 ? 1 : 8;
            Launch(ref parameters, new(CudaLinearKind.Single, type, aligned, rows, 1, gate, activation), Ceiling(parameters.Rows, rows));
        }
        else if (aligned && RowVariant(parameters, type, gate, activation) is { } row)
        {
            if (row.IsPacked)
            {
                Pack(ref parameters, ref packed, row.Form);
            }

            Launch(ref parameters, row, 1);
        }
        else if (parameters.Rows <= MostFewRows)
        {
            int rows = parameters.Rows <= 8 ? 8 : MostFewRows;
            var variant = new CudaLinearVariant(CudaLinearKind.Matvec, type, aligned, rows, 1, gate, activation);
            Launch(ref parameters, variant with { Split = ChooseSplit(ref parameters, variant) }, 1);
        }
        else
        {
            if (IsForHopper(parameters, type, aligned))
            {
                LaunchHopper(ref parameters, ref packed, type, gate, activation, output);
                return;
            }

            Pack(ref parameters, ref packed, type == DType.F16 ? CudaLinearForm.Halves : type == DType.BF16 ? CudaLinearForm.BrainFloats : CudaLinearForm.Slots);
            int tile = _tile ?? ChooseTile(ref parameters, gate);
            aligned |= type.BlockValues() > 1;
            Launch(
                ref parameters, new(CudaLinearKind.Matmul, type, aligned, tile, 1, gate, activation), Ceiling(parameters.Rows, tile));
        }
    }

    // The kernel of few rows wants rows of 16-bit weights on 16 bytes. Inputs for which there is no room come packed.
    private CudaLinearVariant? RowVariant(in CudaLinearParams parameters, DType type, CudaGate gate, Activation activation)
    {
        bool onSixteen = type.BytesOf(parameters.Inputs) % Alignment == 0;
        if (!_hasRowKernel || parameters.Rows > MostFewRows || (type.BlockValues() == 1 && !onSixteen))
        {
            return null;
        }

        int most = _context.Driver.Properties.MaxSharedBytesPerBlock;
        int rows = parameters.Rows == 1 ? 1 : parameters.Rows <= 8 ? 8 : MostFewRows;
        bool aligned = onSixteen || type == DType.Q6_K;
        var variant = new CudaLinearVariant(CudaLinearKind.Row, type, aligned, rows, 1, gate, activation, IsPacked: rows == MostFewRows);
        if (!variant.IsPacked && variant.SharedBytes + variant.InputBytes(parameters.Inputs) > most)
        {
            variant = variant with { Size = Math.Max(rows, 8), IsPacked = true };
        }

        return variant.SharedBytes <= most ? variant : null;
    }

    // A few tiles do not keep enough bytes under way with a warp each.
    private int ChooseSplit(ref CudaLinearParams parameters, CudaLinearVariant variant)
    {
        const int Most = 4;
        GpuProperties properties = _context.Driver.Properties;
        bool few = DivideParts(ref parameters, variant.TileOutputs, variant.Gate) < 4 * properties.Multiprocessors;
        bool possible = variant.Gate != CudaGate.Fused && (variant with { Split = Most }).SharedBytes <= properties.MaxSharedBytesPerBlock;
        return !possible ? 1 : _split ?? (few ? Most : 1);
    }

    // Large tiles read less, small ones occupy more of the device.
    private int ChooseTile(ref CudaLinearParams parameters, CudaGate gate)
    {
        int blocks = DivideParts(ref parameters, gate == CudaGate.Fused ? 64 : 128, gate) * Ceiling(parameters.Rows, 128);
        return parameters.Rows > 64 && blocks >= _context.Driver.Properties.Multiprocessors ? 128 : 64;
    }

    private void Launch(ref CudaLinearParams parameters, CudaLinearVariant variant, int rowTiles)
    {
        int tiles = DivideParts(ref parameters, variant.TileOutputs, variant.Gate);
        if (tiles == 0)
        {
            return;
        }

        LaunchShape shape = variant.Kind switch
        {
            CudaLinearKind.Matmul => new(rowTiles, tiles, 1, variant.Threads, SharedBytes: variant.SharedBytes),
            CudaLinearKind.Matvec => new(Ceiling(tiles, variant.TilesOfBlock), 1, 1, variant.Threads, SharedBytes: variant.SharedBytes),
            CudaLinearKind.Row => RowShape(variant, tiles, parameters.Inputs),
            _ => new(tiles, rowTiles, 1, variant.Threads),
        };
        ArgumentBlock arguments = new(stackalloc byte[256]);
        arguments.Add(parameters);
        if (variant.Kind == CudaLinearKind.Row)
        {
            arguments.Add(tiles);
        }

        _context.Launch(_variants[variant], shape, arguments);
    }

    // As many blocks as the device runs at once, whose teams go from tile to tile.
    private LaunchShape RowShape(CudaLinearVariant variant, int tiles, int inputs)
    {
        const int Reserved = 1024;
        GpuProperties properties = _context.Driver.Properties;
        int bytes = variant.SharedBytes + variant.InputBytes(inputs);
        int blocks = properties.Multiprocessors * Math.Clamp(properties.SharedBytesPerMultiprocessor / (bytes + Reserved), 1, variant.Blocks);
        return new(Math.Min(Ceiling(tiles, variant.Teams), blocks), 1, 1, variant.Threads, SharedBytes: bytes);
    }

    // The input of one call is packed once for all weights that take the same form of it.
    private void Pack(ref CudaLinearParams parameters, ref CudaLinearPacked packed, CudaLinearForm form)
    {
        const int StrideStep = 64;
        if (packed.IsInput)
        {
            parameters.Stride = parameters.Inputs;
            return;
        }

        int stride = Ceiling(parameters.Inputs, StrideStep) * StrideStep;
        nint input = parameters.Input;
        parameters.Input = _packed.Get((long)parameters.Rows * stride * sizeof(ushort));
        parameters.Stride = stride;
        if (packed.Form == form)
        {
            return;
        }

        packed = new CudaLinearPacked { Form = form };
        LaunchPack(form, parameters.Input, input, parameters.Rows, parameters.Inputs, stride);
    }

    private void LaunchPack(CudaLinearForm form, nint packed, nint input, int rows, int inputs, int stride)
    {
        bool aligned = input % Alignment == 0 && inputs % 8 == 0;
        ArgumentBlock arguments = new(stackalloc byte[32]);
        arguments.Add(packed);
        arguments.Add(input);
        arguments.Add(inputs);
        arguments.Add(stride);
        _context.Launch(_variants[CudaLinearVariant.Pack(form, aligned)], new(rows, Ceiling(stride / 8, 256), 1, 256), arguments);
    }
}
