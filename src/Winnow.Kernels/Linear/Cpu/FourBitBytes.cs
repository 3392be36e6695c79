using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>Q4_0: a half and 32 nibbles less 8, the first 16 in the lower halves of their bytes.</summary>
internal readonly unsafe struct FourBitBytes : IByteCodec
{
    /// <inheritdoc/>
    public static int Units => 1;

    /// <inheritdoc/>
    public static int BlockBytes => 18;

    /// <inheritdoc/>
    public static int Offset => 8;

    /// <inheritdoc/>
    public static int Greatest => 15;

    /// <inheritdoc/>
    public static bool HasMinima => false;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Unpack(byte* block, int unit, int part, int four, bool upper) => PackedBits.Nibbles(block + 32, four, upper);

    /// <inheritdoc/>
    public static void Prepare(byte* block, float* scales, float* minima)
    {
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scale(byte* block, float* scales, int unit, bool upper) => SixteenHalves.Widen((short*)block, upper);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> UnpackAll(byte* block, int unit, int part, int four) => PackedBits.AllNibbles(block + 32, four);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> AllScales(byte* block, float* scales, int unit) => Lanes512.FromHalves((ushort*)block);
}
