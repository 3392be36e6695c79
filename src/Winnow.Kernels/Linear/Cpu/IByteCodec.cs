using System.Runtime.Intrinsics;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>
/// A block type as bytes, its rows interleaved by <see cref="RowGroups"/>: in units of 32, a weight is scale * (byte - <see cref="Offset"/>) - minimum,
/// or scale * factor * (byte - <see cref="Offset"/>) with a whole factor for each 16.
/// </summary>
internal unsafe interface IByteCodec
{
    /// <summary>Units of a block: 1 or 8.</summary>
    static abstract int Units { get; }

    /// <summary>Bytes of a row's block.</summary>
    static abstract int BlockBytes { get; }

    /// <summary>The byte that stands for 0.</summary>
    static abstract int Offset { get; }

    /// <summary>The greatest byte.</summary>
    static abstract int Greatest { get; }

    /// <summary>Whether units have minima.</summary>
    static abstract bool HasMinima { get; }

    /// <summary>
    /// Whether each 16 of a unit have a factor, from -128 to 127. Sums over 16 are multiplied with them as whole numbers; for bytes that differ by 32 from
    /// the offset at most the unit's sum is below 2^24 then, and exact as a float.
    /// </summary>
    static virtual bool HasFactors => false;

    /// <summary>The bytes of four inputs of eight rows, [8 rows, 4 inputs].</summary>
    /// <param name="block">The block of all rows.</param>
    /// <param name="unit">Which of its units, a multiple of four.</param>
    /// <param name="part">Which of the four that begin there; a constant, as <paramref name="upper"/> is, and <paramref name="four"/> of blocks of one unit.</param>
    /// <param name="four">Which of the eight times four inputs of the unit.</param>
    /// <param name="upper">For the upper eight rows.</param>
    static abstract Vector256<byte> Unpack(byte* block, int unit, int part, int four, bool upper);

    /// <summary>Scales and minima of a block of several units that are worked out together.</summary>
    /// <param name="block">The block of all rows.</param>
    /// <param name="scales">F32 [Units, 16].</param>
    /// <param name="minima">The same.</param>
    static abstract void Prepare(byte* block, float* scales, float* minima);

    /// <summary>Eight scales of a unit. Where a block is one unit they stay in a register: what has just been stored comes back late.</summary>
    /// <param name="block">The block of all rows.</param>
    /// <param name="scales">What <see cref="Prepare"/> wrote.</param>
    /// <param name="unit">Which unit.</param>
    /// <param name="upper">For the upper eight rows.</param>
    static abstract Vector256<float> Scale(byte* block, float* scales, int unit, bool upper);

    /// <summary>Eight minima of a unit, where there are some.</summary>
    /// <param name="block">The block of all rows.</param>
    /// <param name="minima">What <see cref="Prepare"/> wrote.</param>
    /// <param name="unit">Which unit.</param>
    /// <param name="upper">For the upper eight rows.</param>
    static virtual Vector256<float> Minimum(byte* block, float* minima, int unit, bool upper) => default;

    /// <summary>Eight rows' factors of a unit, where there are some: those of the first and the second half in the two lowest bytes of each row's four.</summary>
    /// <param name="block">The block of all rows.</param>
    /// <param name="unit">Which of its units, a multiple of four.</param>
    /// <param name="part">Which of the four that begin there.</param>
    /// <param name="upper">For the upper eight rows.</param>
    static virtual Vector256<int> Factors(byte* block, int unit, int part, bool upper) => default;

    /// <summary><see cref="Unpack"/> of all sixteen rows, of types whose <see cref="Greatest"/> byte is 63 at most.</summary>
    /// <param name="block">The block of all rows.</param>
    /// <param name="unit">Which of its units, a multiple of four.</param>
    /// <param name="part">Which of the four that begin there; a constant, as <paramref name="four"/> is of blocks of one unit.</param>
    /// <param name="four">Which of the eight times four inputs of the unit.</param>
    static virtual Vector512<byte> UnpackAll(byte* block, int unit, int part, int four) => default;

    /// <summary><see cref="Scale"/> of all sixteen rows, of the same types.</summary>
    /// <param name="block">The block of all rows.</param>
    /// <param name="scales">What <see cref="Prepare"/> wrote.</param>
    /// <param name="unit">Which unit.</param>
    static virtual Vector512<float> AllScales(byte* block, float* scales, int unit) => default;

    /// <summary><see cref="Minimum"/> of all sixteen rows, of the same types.</summary>
    /// <param name="block">The block of all rows.</param>
    /// <param name="minima">What <see cref="Prepare"/> wrote.</param>
    /// <param name="unit">Which unit.</param>
    static virtual Vector512<float> AllMinima(byte* block, float* minima, int unit) => default;

    /// <summary><see cref="Factors"/> of all sixteen rows.</summary>
    /// <param name="block">The block of all rows.</param>
    /// <param name="unit">Which of its units, a multiple of four.</param>
    /// <param name="part">Which of the four that begin there.</param>
    static virtual Vector512<int> AllFactors(byte* block, int unit, int part) => default;
}
