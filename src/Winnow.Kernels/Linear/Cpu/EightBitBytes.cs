using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>Q8_0: a half and 32 signed bytes.</summary>
internal readonly unsafe struct EightBitBytes : IByteCodec
{
    /// <inheritdoc/>
    public static int Units => 1;

    /// <inheritdoc/>
    public static int BlockBytes => 34;

    /// <inheritdoc/>
    public static int Offset => 128;

    /// <inheritdoc/>
    public static int Greatest => 255;

    /// <inheritdoc/>
    public static bool HasMinima => false;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Unpack(byte* block, int unit, int part, int four, bool upper) =>
        Vector256.Load(block + 32 + (64 * four) + (upper ? 32 : 0)) ^ Vector256.Create((byte)128);

    /// <inheritdoc/>
    public static void Prepare(byte* block, float* scales, float* minima)
    {
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scale(byte* block, float* scales, int unit, bool upper) => SixteenHalves.Widen((short*)block, upper);
}
