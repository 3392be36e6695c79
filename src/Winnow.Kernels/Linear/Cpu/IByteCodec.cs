using System.Runtime.Intrinsics;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>A block type as bytes: in units of 32, a weight is scale * (byte - <see cref="Offset"/>) - minimum.</summary>
internal unsafe interface IByteCodec
{
    /// <summary>Units of a block as it is stored: 1 or 8.</summary>
    static abstract int Units { get; }

    /// <summary>Bytes of a block.</summary>
    static abstract int BlockBytes { get; }

    /// <summary>The byte that stands for 0.</summary>
    static abstract int Offset { get; }

    /// <summary>Whether units have minima.</summary>
    static abstract bool HasMinima { get; }

    /// <summary>The bytes of a unit.</summary>
    /// <param name="block">The block.</param>
    /// <param name="unit">Which of its units, an even one.</param>
    /// <param name="odd">For the unit after that.</param>
    static abstract Vector256<byte> Unpack(byte* block, int unit, bool odd);

    /// <summary>Whether no byte is above 127, so that products of two neighbours fit 16 bits.</summary>
    static abstract bool IsNarrow { get; }

    /// <summary>Whether <see cref="UnpackTwo"/> takes turns: 16 of the first, 16 of the second, and again, instead of all 32 of each.</summary>
    static abstract bool TakesTurns { get; }

    /// <summary>The bytes of a unit of two rows, of processors with vectors of 512 bits.</summary>
    /// <param name="block">The first row's block.</param>
    /// <param name="other">The second row's.</param>
    /// <param name="unit">Which of their units, an even one.</param>
    /// <param name="odd">For the unit after that.</param>
    static abstract Vector512<byte> UnpackTwo(byte* block, byte* other, int unit, bool odd);

    /// <summary>The scales and minima of a block of each of eight rows.</summary>
    /// <param name="block">The first row's block.</param>
    /// <param name="rowBytes">Bytes from row to row.</param>
    /// <param name="last">The last of the eight rows that there is; those behind it are like it.</param>
    /// <param name="scales">[Units, stride], eight of each written.</param>
    /// <param name="minima">The same, where there are minima.</param>
    /// <param name="stride">Floats from unit to unit.</param>
    static abstract void Scales(byte* block, nint rowBytes, int last, float* scales, float* minima, nint stride);
}
