using System.Collections.Generic;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>
/// Products of inputs that were rounded to bytes with weights of a block type. A result is one chain of multiply-adds over units of 32 inputs in ascending order,
/// of exact sums of whole numbers: (float)sum * (scale of weights * scale of inputs), and where units have minima -minimum * (scale * sum of inputs) after each.
/// So every kernel, on every processor, gives the same bits.
/// </summary>
internal abstract unsafe class ByteKernel
{
    /// <summary>Outputs of a tile.</summary>
    public const int TileOutputs = 16;

    /// <summary>Outputs that <see cref="Row"/> computes.</summary>
    public const int RowOutputs = 16;

    /// <summary>Rows of a group in <see cref="Tile"/>; rows are filled up with zeros to a multiple.</summary>
    public const int GroupRows = 4;

    /// <summary>The kernels by type: the quickest of this processor.</summary>
    /// <param name="level">2 for AVX-VNNI, 1 for AVX2, 0 for any processor; null for the most that there is.</param>
    public static IReadOnlyDictionary<DType, ByteKernel> Create(int? level = null)
    {
        int chosen = level ?? (VnniDot.IsSupported ? 2 : MultiplyAddDot.IsSupported ? 1 : 0);
        return chosen switch
        {
            2 => Create<VnniDot>(),
            1 => Create<MultiplyAddDot>(),
            _ => Create<PlainDot>(),
        };
    }

    /// <summary>16 outputs of one row.</summary>
    /// <param name="weight">The first output's weights.</param>
    /// <param name="rowBytes">Bytes from output to output.</param>
    /// <param name="count">Outputs that there are; the others are whatever.</param>
    /// <param name="x">The row.</param>
    /// <param name="sums">F32 [16].</param>
    public abstract void Row(byte* weight, nint rowBytes, int count, in QuantizedRows x, float* sums);

    /// <summary>Unpacks weights of 16 outputs for <see cref="Tile"/>.</summary>
    /// <param name="weight">The first output's weights.</param>
    /// <param name="rowBytes">Bytes from output to output.</param>
    /// <param name="count">Outputs that there are.</param>
    /// <param name="units">Units of 32 inputs, whole blocks.</param>
    /// <param name="tile">Bytes [units, 8, 16, 4].</param>
    /// <param name="scales">F32 [units, 16].</param>
    /// <param name="minima">F32 [units, 16], written where there are minima.</param>
    public abstract void Unpack(byte* weight, nint rowBytes, int count, int units, byte* tile, float* scales, float* minima);

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

    private static Dictionary<DType, ByteKernel> Create<TDot>()
        where TDot : struct, IByteDot => new()
        {
            [DType.Q8_0] = new ByteKernelOf<EightBitBytes, TDot>(),
            [DType.Q4_0] = new ByteKernelOf<FourBitBytes, TDot>(),
            [DType.Q4_K] = new ByteKernelOf<FourBitGroupBytes, TDot>(),
            [DType.Q5_K] = new ByteKernelOf<FiveBitGroupBytes, TDot>(),
        };
}
