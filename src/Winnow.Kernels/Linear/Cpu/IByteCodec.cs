using System.Runtime.Intrinsics;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>
/// A block type as bytes, its rows interleaved by <see cref="RowGroups"/>: in units of 32, a weight is scale * (byte - <see cref="Offset"/>) - minimum.
/// </summary>
internal unsafe interface IByteCodec
{
    /// <summary>Units of a block: 1 or 8.</summary>
    static abstract int Units { get; }

    /// <summary>Bytes of a row's block.</summary>
    static abstract int BlockBytes { get; }

    /// <summary>The byte that stands for 0.</summary>
    static abstract int Offset { get; }

    /// <summary>Whether units have minima.</summary>
    static abstract bool HasMinima { get; }

    /// <summary>The bytes of four inputs of eight rows, [8 rows, 4 inputs].</summary>
    /// <param name="block">The block of all rows.</param>
    /// <param name="unit">Which of its units, an even one.</param>
    /// <param name="odd">For the unit after that; a constant, as all that follow are.</param>
    /// <param name="four">Which of the eight times four inputs of the unit.</param>
    /// <param name="upper">For the upper eight rows.</param>
    static abstract Vector256<byte> Unpack(byte* block, int unit, bool odd, int four, bool upper);

    /// <summary>The scales and minima of a block of several units, which are worked out together.</summary>
    /// <param name="block">The block of all rows.</param>
    /// <param name="scales">F32 [Units, 16].</param>
    /// <param name="minima">The same.</param>
    static abstract void Prepare(byte* block, float* scales, float* minima);

    /// <summary>Eight scales of a unit. Where a block is one unit they stay in a register: what has just been stored comes back late.</summary>
    /// <param name="block">The block of all rows.</param>
    /// <param name="scales">The unit's sixteen of those that <see cref="Prepare"/> wrote.</param>
    /// <param name="upper">For the upper eight rows.</param>
    static abstract Vector256<float> Scale(byte* block, float* scales, bool upper);
}
