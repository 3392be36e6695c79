using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>Q5_0: a half, a fifth bit of 32 values, and their nibbles as in Q4_0; 16 stands for 0.</summary>
internal readonly unsafe struct FiveBitBytes : IByteCodec
{
    /// <inheritdoc/>
    public static int Units => 1;

    /// <inheritdoc/>
    public static int BlockBytes => 22;

    /// <inheritdoc/>
    public static int Offset => 16;

    /// <inheritdoc/>
    public static int Greatest => 31;

    /// <inheritdoc/>
    public static bool HasMinima => false;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Unpack(byte* block, int unit, int part, int four, bool upper) =>
        PackedBits.Nibbles(block + 96, four, upper) | PackedBits.Fifths(block + 32, four, upper);

    /// <inheritdoc/>
    public static void Prepare(byte* block, float* scales, float* minima)
    {
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scale(byte* block, float* scales, int unit, bool upper) => SixteenHalves.Widen((short*)block, upper);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> UnpackAll(byte* block, int unit, int part, int four) => PackedBits.AllNibbles(block + 96, four) | PackedBits.AllFifths(block + 32, four);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> AllScales(byte* block, float* scales, int unit) => Lanes512.FromHalves((ushort*)block);
}
