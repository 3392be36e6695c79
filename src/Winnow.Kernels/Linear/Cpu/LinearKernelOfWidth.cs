using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>The kernels in one vector width.</summary>
internal sealed unsafe class LinearKernelOfWidth<TLanes, TVector> : LinearKernel
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    // A tile's weights of one piece take 18 KB and stay in the first-level cache while the block's rows pass by. Sums wait in memory between pieces.
    private const int PieceInputs = 768;

    // The rows of a block, a piece of each and their running sums, stay in the second-level cache.
    private const int BlockGroups = 12;

    // Weights of a tile as bytes, 16 KB.
    private const int PieceUnits = 32;

    private const int TileOutputs = TileKernel<TLanes, TVector>.Outputs;
    private const int Sixteen = RowKernel<TLanes, TVector>.Outputs;

    /// <inheritdoc/>
    public override int Lanes => TLanes.Count;

    private static long SumsFloats => BlockGroups * PanelOutputs * RowsPerGroup * TLanes.Count;

    /// <inheritdoc/>
    public override long ScratchFloats(bool few, long inputs) => few
        ? RowKernel<TLanes, TVector>.ScratchFloats + (Sixteen * TLanes.Count) + (2 * Sixteen)
        : (PanelOutputs * Padded(inputs)) + SumsFloats + Sixteen;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Pack(float* input, long rows, long inputs, long group, float* packed)
    {
        float* output = packed + (group * RowsPerGroup * Padded(inputs));
        for (int i = 0; i < RowsPerGroup; i++)
        {
            long row = (group * RowsPerGroup) + i;
            float* source = input + (row * inputs);
            float* destination = output + (i * TLanes.Count);
            long left = row < rows ? inputs : 0;
            for (long k = Padded(inputs); k > 0; k -= TLanes.Count, destination += RowsPerGroup * TLanes.Count)
            {
                if (left >= TLanes.Count)
                {
                    TLanes.Store(TLanes.Load(source), destination);
                    source += TLanes.Count;
                    left -= TLanes.Count;
                    continue;
                }

                TLanes.Store(default, destination);
                for (int rest = 0; rest < left; rest++)
                {
                    destination[rest] = source[rest];
                }

                left = 0;
            }
        }
    }

    /// <inheritdoc/>
    public override void Few(in Product product, float* x, in QuantizedRows quantized, long start, long end, float* scratch)
    {
        float* vectors = scratch + RowKernel<TLanes, TVector>.ScratchFloats;
        float* sums = vectors + (Sixteen * TLanes.Count);
        float* gate = sums + Sixteen;
        ByteKernel? gateBytes = product.Gate == null ? null : OfBytes.GetValueOrDefault(product.GateType.FileOrder());
        ByteKernel? bytes = OfBytes.GetValueOrDefault(product.WeightType.FileOrder());
        bool finite = TakesFiniteHalves && (product.WeightType == DType.F16x8 || product.GateType == DType.F16x8) && FiniteHalves.Take(x, product.Rows * product.Inputs);
        for (long output = start; output < end; output += Sixteen)
        {
            int count = (int)Math.Min(Sixteen, end - output);
            for (long row = 0; row < product.Rows; row++)
            {
                float* input = x + (row * product.Inputs);
                if (product.Gate != null)
                {
                    Multiply(gateBytes, product.GateType, product.Gate, product.GateRowBytes, output, count, input, product.Inputs, quantized, row, vectors, scratch, finite, gate);
                    ActivateAll(product.Activation, gate);
                }

                Multiply(bytes, product.WeightType, product.Weight, product.WeightRowBytes, output, count, input, product.Inputs, quantized, row, vectors, scratch, finite, sums);
                Finish(product, row, output, count, sums, product.Gate == null ? null : gate);
            }
        }
    }

    /// <inheritdoc/>
    public override void Many(in Product product, float* packed, in QuantizedRows quantized, long start, long end, float* scratch)
    {
        if (product.Gate != null)
        {
            AnyPanel(product, packed, quantized, start, (int)(end - start), scratch, isGate: true);
        }

        AnyPanel(product, packed, quantized, start, (int)(end - start), scratch, isGate: false);
    }

    /// <inheritdoc/>
    public override void Decode(DType type, byte* source, long values, float* output) =>
        WeightDecoder<TLanes, TVector>.Decode(type, source, values, output, TLanes.Count, ahead: 0);

    // Sixteen outputs of a row.
    private static void Multiply(
        ByteKernel? bytes, DType type, byte* weight, nint rowBytes, long first, int count, float* x, long inputs, in QuantizedRows quantized, long row, float* vectors, float* scratch, bool finite, float* sums)
    {
        if (bytes is not null)
        {
            bytes.Row(new WeightRows(type, weight, rowBytes, first, count), quantized.From(row), sums, (byte*)scratch);
            return;
        }

        RowKernel<TLanes, TVector>.Run(type, weight + ((nint)first * rowBytes), rowBytes, count, x, inputs, vectors, scratch, finite);
        TLanes.Sum16(vectors, TLanes.Count, sums);
    }

    private void AnyPanel(in Product product, float* packed, in QuantizedRows quantized, long start, int count, float* scratch, bool isGate)
    {
        if (OfBytes.TryGetValue((isGate ? product.GateType : product.WeightType).FileOrder(), out ByteKernel? kernel))
        {
            BytePanel(kernel, product, quantized, start, count, scratch, isGate);
        }
        else
        {
            Panel(product, packed, start, count, scratch, isGate);
        }
    }

    private static void BytePanel(ByteKernel kernel, in Product product, in QuantizedRows quantized, long start, int count, float* scratch, bool isGate)
    {
        byte* weight = isGate ? product.Gate : product.Weight;
        nint rowBytes = isGate ? product.GateRowBytes : product.WeightRowBytes;
        DType type = isGate ? product.GateType : product.WeightType;
        int units = (int)(product.Inputs / 32);
        float* sums = scratch;
        float* scales = sums + (BlockGroups * RowsPerGroup * PanelOutputs);
        float* minima = scales + (units * PanelOutputs);
        byte* interleaved = (byte*)(minima + (units * PanelOutputs));
        byte* tiles = interleaved + WeightRows.PieceBytes;
        for (long first = 0; first < product.Rows; first += BlockGroups * RowsPerGroup)
        {
            int rows = (int)Math.Min(BlockGroups * RowsPerGroup, product.Rows - first);
            for (int piece = 0; piece < units; piece += PieceUnits)
            {
                int pieceUnits = Math.Min(PieceUnits, units - piece);
                for (int output = 0; output < count; output += ByteKernel.TileOutputs)
                {
                    long at = ((long)output * units) + (piece * ByteKernel.TileOutputs);
                    byte* tile = tiles + (at * 32);
                    if (first == 0)
                    {
                        var weights = new WeightRows(type, weight, rowBytes, start + output, Math.Min(ByteKernel.TileOutputs, count - output));
                        kernel.Unpack(weights, piece, pieceUnits, tile, scales + at, minima + at, interleaved);
                    }

                    for (int row = 0; row < rows; row += ByteKernel.GroupRows)
                    {
                        kernel.Tile(
                            tile, scales + at, minima + at, pieceUnits, quantized.From(first + row), piece, sums + (row * PanelOutputs) + output, PanelOutputs, piece == 0);
                    }
                }
            }

            for (int row = 0; row < rows; row++)
            {
                for (int output = 0; output < count; output += Sixteen)
                {
                    Deliver(product, first + row, start + output, Math.Min(Sixteen, count - output), sums + (row * PanelOutputs) + output, isGate);
                }
            }
        }
    }

    private static void Panel(in Product product, float* packed, long start, int count, float* scratch, bool isGate)
    {
        long padded = Padded(product.Inputs);
        float* panel = scratch;
        float* vectors = panel + (PanelOutputs * padded);
        float* sums = vectors + SumsFloats;
        long groups = (product.Rows + RowsPerGroup - 1) / RowsPerGroup;
        for (long block = 0; block < groups; block += BlockGroups)
        {
            int blockGroups = (int)Math.Min(BlockGroups, groups - block);
            for (long k = 0; k < padded; k += PieceInputs)
            {
                int values = (int)Math.Min(PieceInputs, padded - k);
                float* x = packed + (block * RowsPerGroup * padded) + (k * RowsPerGroup);
                for (int output = 0; output < count; output += TileOutputs)
                {
                    float* tile = panel + (output * padded) + (k * TileOutputs);
                    if (block == 0)
                    {
                        DecodeTile(product, start + output, Math.Min(TileOutputs, count - output), k, values, tile, isGate);
                    }

                    Tiles(x, padded, tile, vectors + (output * RowsPerGroup * TLanes.Count), blockGroups, values, k == 0);
                }
            }

            Collect(product, block * RowsPerGroup, start, count, vectors, sums, isGate);
        }
    }

    private static void Tiles(float* x, long padded, float* tile, float* vectors, int groups, int values, bool fresh)
    {
        for (int group = 0; group < groups; group++)
        {
            TileKernel<TLanes, TVector>.Run(x, tile, vectors, values / TLanes.Count, fresh);
            x += RowsPerGroup * padded;
            vectors += PanelOutputs * RowsPerGroup * TLanes.Count;
        }
    }

    private static void DecodeTile(in Product product, long output, int count, long k, int values, float* tile, bool isGate)
    {
        DType type = isGate ? product.GateType : product.WeightType;
        byte* weight = isGate ? product.Gate : product.Weight;
        nint rowBytes = isGate ? product.GateRowBytes : product.WeightRowBytes;
        nint offset = (nint)(k / type.BlockValues() * type.BlockBytes());
        nint group = type.GroupRows();
        int whole = (int)Math.Min(values, (product.Inputs - k) / 32 * 32);
        byte* rest = stackalloc byte[128];
        for (int i = 0; i < TileOutputs; i++)
        {
            // Past the last row the last one is computed again; nobody looks at the result.
            nint row = (nint)(output + Math.Min(i, count - 1));
            nint inGroup = row % group;
            bool grouped = group > 1 && row - inGroup + group <= product.Outputs;
            byte* source = grouped
                ? weight + ((row - inGroup) * rowBytes) + (offset * group) + (inGroup * RowGroups.LineBytes)
                : weight + (row * rowBytes) + offset;
            float* destination = tile + (i * TLanes.Count);
            WeightDecoder<TLanes, TVector>.Decode(grouped ? type : type.FileOrder(), source, whole, destination, TileOutputs * TLanes.Count, TileOutputs * rowBytes);
            if (whole < values)
            {
                // Only plain numbers have rows that do not fill units of 32.
                int bytes = (int)(product.Inputs - k - whole) * type.BlockBytes();
                new Span<byte>(rest, 128).Clear();
                Buffer.MemoryCopy(source + ((long)whole * type.BlockBytes()), rest, bytes, bytes);
                float* end = destination + (whole * TileOutputs);
                WeightDecoder<TLanes, TVector>.Decode(type, rest, 32, end, TileOutputs * TLanes.Count, ahead: 0);
            }
        }
    }

    // Adds up the lanes of a block of rows and finishes them.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Collect(in Product product, long firstRow, long start, int count, float* vectors, float* sums, bool isGate)
    {
        int rows = (int)Math.Min(BlockGroups * RowsPerGroup, product.Rows - firstRow);
        for (int row = 0; row < rows; row++)
        {
            float* line = vectors + (((row / RowsPerGroup * PanelOutputs * RowsPerGroup) + (row % RowsPerGroup)) * TLanes.Count);
            for (int output = 0; output < count; output += Sixteen)
            {
                TLanes.Sum16(line + (output * RowsPerGroup * TLanes.Count), RowsPerGroup * TLanes.Count, sums);
                Deliver(product, firstRow + row, start + output, Math.Min(Sixteen, count - output), sums, isGate);
            }
        }
    }

    // Sixteen sums of a row: of a gate, or of the product itself.
    private static void Deliver(in Product product, long row, long output, int count, float* sums, bool isGate)
    {
        float* gate = product.Gate == null ? null : product.Output + (row * product.Outputs) + output;
        if (isGate)
        {
            // The activated gate waits in the output for its factor.
            ActivateAll(product.Activation, sums);
            new Span<float>(sums, count).CopyTo(new Span<float>(gate, count));
        }
        else
        {
            Finish(product, row, output, count, sums, gate);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ActivateAll(Activation activation, float* values)
    {
        for (int i = 0; i < Sixteen; i += TLanes.Count)
        {
            TLanes.Store(Activate<TLanes, TVector>.Apply(activation, TLanes.Load(values + i)), values + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Finish(in Product product, long row, long output, int count, float* sums, float* gate)
    {
        long at = (row * product.Outputs) + output;
        float* bias = product.Bias == null ? null : product.Bias + output;
        float* residual = product.Residual == null ? null : product.Residual + at;
        int i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count)
        {
            TVector value = TLanes.Load(sums + i);
            value = gate == null ? value : TLanes.Multiply(value, TLanes.Load(gate + i));
            value = bias == null ? value : TLanes.Add(value, TLanes.Load(bias + i));
            value = residual == null ? value : TLanes.Add(value, TLanes.Load(residual + i));
            TLanes.Store(value, product.Output + at + i);
        }

        for (; i < count; i++)
        {
            float value = sums[i];
            value = gate == null ? value : value * gate[i];
            value = bias == null ? value : value + bias[i];
            value = residual == null ? value : value + residual[i];
            product.Output[at + i] = value;
        }
    }
}
