using System;
using System.Collections.Generic;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>
/// Products of inputs that were rounded to bytes with weights of a block type. A result is one chain of multiply-adds over units of 32 inputs in ascending order,
/// of exact sums of whole numbers: (float)sum * (scale of weights * scale of inputs), and where units have minima -minimum * (scale * sum of inputs) after each. Of units whose halves have
/// whole factors the sum is that of both halves' sums times their factors.
/// So every kernel, on every processor, gives the same bits. There is one kernel for each type, for weights that are interleaved by <see cref="RowGroups"/>; of those in
/// file order, and of rows that fill no group, a piece at a time is interleaved on the way.
/// </summary>
internal abstract unsafe class ByteKernel
{
    /// <summary>Outputs of a tile.</summary>
    public const int TileOutputs = RowGroups.Rows;

    /// <summary>Rows of a group in <see cref="Tile"/>; rows are filled up with zeros to a multiple.</summary>
    public const int GroupRows = 4;

    /// <summary>What this processor has, the most last.</summary>
    public static IReadOnlyList<ByteLevel> Levels { get; } =
    [
        ByteLevel.Plain,
        .. MultiplyAddDot.IsSupported ? [ByteLevel.Avx2] : Array.Empty<ByteLevel>(),
        .. VnniDot.IsSupported ? [ByteLevel.Vnni] : Array.Empty<ByteLevel>(),
    ];

    /// <summary>The kernels by type.</summary>
    /// <param name="level">What to use; null for the most that there is.</param>
    public static IReadOnlyDictionary<DType, ByteKernel> Create(ByteLevel? level = null) => (level ?? Levels[^1]) switch
    {
        ByteLevel.Vnni => Create<VnniDot>(),
        ByteLevel.Avx2 => Create<MultiplyAddDot>(),
        _ => Create<PlainDot>(),
    };

    /// <summary>16 outputs of one row.</summary>
    /// <param name="weights">The weights.</param>
    /// <param name="x">The row.</param>
    /// <param name="sums">F32 [16]; those that have no weights are whatever.</param>
    /// <param name="scratch"><see cref="WeightRows.PieceBytes"/>.</param>
    public void Row(in WeightRows weights, in QuantizedRows x, float* sums, byte* scratch)
    {
        int units = (int)(x.Inputs / 32);
        int step = weights.IsArranged ? units : WeightRows.PieceUnits;
        for (int unit = 0; unit < units; unit += step)
        {
            int piece = Math.Min(step, units - unit);
            AddRow(weights.Piece(unit, piece, scratch), piece, x, unit, sums, unit == 0);
        }
    }

    /// <summary>Unpacks weights of 16 outputs for <see cref="Tile"/>.</summary>
    /// <param name="weights">The weights.</param>
    /// <param name="firstUnit">Where in a row the piece begins.</param>
    /// <param name="units">Units of the piece, whole blocks.</param>
    /// <param name="tile">Bytes [units, 8, 16, 4].</param>
    /// <param name="scales">F32 [units, 16].</param>
    /// <param name="minima">F32 [units, 16], written where there are minima, or the factors of <see cref="IByteCodec.Prepare"/>.</param>
    /// <param name="scratch"><see cref="WeightRows.PieceBytes"/>.</param>
    public void Unpack(in WeightRows weights, long firstUnit, int units, byte* tile, float* scales, float* minima, byte* scratch)
    {
        int step = weights.IsArranged ? units : WeightRows.PieceUnits;
        for (int unit = 0; unit < units; unit += step)
        {
            int piece = Math.Min(step, units - unit);
            int at = unit * TileOutputs;
            UnpackGroup(weights.Piece(firstUnit + unit, piece, scratch), piece, tile + (32 * at), scales + at, minima + at);
        }
    }

    /// <summary>Adds a piece of the input dimension to 16 outputs of four rows.</summary>
    /// <param name="tile">What <see cref="Unpack"/> wrote.</param>
    /// <param name="scales">The same.</param>
    /// <param name="minima">The same.</param>
    /// <param name="units">Units of the piece.</param>
    /// <param name="x">The rows.</param>
    /// <param name="firstUnit">Where in a row the piece begins.</param>
    /// <param name="sums">F32 [4, stride].</param>
    /// <param name="stride">Floats from row to row.</param>
    /// <param name="fresh">True for the first piece: the sums start at zero.</param>
    public abstract void Tile(
        byte* tile, float* scales, float* minima, int units, in QuantizedRows x, long firstUnit, float* sums, nint stride, bool fresh);

    /// <summary>Adds a piece of the input dimension to 16 outputs of one row.</summary>
    /// <param name="group">Interleaved weights.</param>
    /// <param name="units">Units of the piece.</param>
    /// <param name="x">The row.</param>
    /// <param name="firstUnit">Where in the row the piece begins.</param>
    /// <param name="sums">F32 [16].</param>
    /// <param name="fresh">True for the first piece: the sums start at zero.</param>
    protected abstract void AddRow(byte* group, int units, in QuantizedRows x, long firstUnit, float* sums, bool fresh);

    /// <summary>Unpacks interleaved weights for <see cref="Tile"/>.</summary>
    /// <param name="group">The weights.</param>
    /// <param name="units">Their units.</param>
    /// <param name="tile">Bytes [units, 8, 16, 4].</param>
    /// <param name="scales">F32 [units, 16].</param>
    /// <param name="minima">As of <see cref="Unpack"/>.</param>
    protected abstract void UnpackGroup(byte* group, int units, byte* tile, float* scales, float* minima);

    private static Dictionary<DType, ByteKernel> Create<TDot>()
        where TDot : struct, IByteDot => new()
        {
            [DType.Q8_0] = new ByteKernelOf<EightBitBytes, TDot>(),
            [DType.Q4_0] = new ByteKernelOf<FourBitBytes, TDot>(),
            [DType.Q4_K] = new ByteKernelOf<FourBitGroupBytes, TDot>(),
            [DType.Q5_K] = new ByteKernelOf<FiveBitGroupBytes, TDot>(),
            [DType.Q6_K] = new ByteKernelOf<SixBitGroupBytes, TDot>(),
            [DType.Q4_1] = new ByteKernelOf<FourBitMinimumBytes, TDot>(),
            [DType.Q5_0] = new ByteKernelOf<FiveBitBytes, TDot>(),
            [DType.Q5_1] = new ByteKernelOf<FiveBitMinimumBytes, TDot>(),
            [DType.IQ4_NL] = new ByteKernelOf<NonLinearBytes, TDot>(),
        };
}
