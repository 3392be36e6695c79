using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>Q4_1: two halves, of scale and minimum, and 32 nibbles as in Q4_0.</summary>
internal readonly unsafe struct FourBitMinimumBytes : IByteCodec
{
    /// <inheritdoc/>
    public static int Units => 1;

    /// <inheritdoc/>
    public static int BlockBytes => 20;

    /// <inheritdoc/>
    public static int Offset => 0;

    /// <inheritdoc/>
    public static int Greatest => 15;

    /// <inheritdoc/>
    public static bool HasMinima => true;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Unpack(byte* block, int unit, int part, int four, bool upper) => PackedBits.Nibbles(block + 64, four, upper);

    /// <inheritdoc/>
    public static void Prepare(byte* block, float* scales, float* minima)
    {
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scale(byte* block, float* scales, int unit, bool upper) => PackedBits.Scale(block, upper);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Minimum(byte* block, float* minima, int unit, bool upper) => PackedBits.Minimum(block, upper);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> UnpackAll(byte* block, int unit, int part, int four) => PackedBits.AllNibbles(block + 64, four);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> AllScales(byte* block, float* scales, int unit) => PackedBits.AllScales(block);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> AllMinima(byte* block, float* minima, int unit) => PackedBits.AllMinima(block);
}
