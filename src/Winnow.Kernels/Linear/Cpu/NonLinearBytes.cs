using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>IQ4_NL: as Q4_0 with levels that are dense near zero, here with 128 added.</summary>
internal readonly unsafe struct NonLinearBytes : IByteCodec
{
    /// <inheritdoc/>
    public static int Units => 1;

    /// <inheritdoc/>
    public static int BlockBytes => 18;

    /// <inheritdoc/>
    public static int Offset => 128;

    /// <inheritdoc/>
    public static int Greatest => 241;

    /// <inheritdoc/>
    public static bool HasMinima => false;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Unpack(byte* block, int unit, int part, int four, bool upper)
    {
        Vector256<byte> nibbles = PackedBits.Nibbles(block + 32, four, upper);
        Vector128<byte> levels = NibbleLevels.NonLinear.AsByte() ^ Vector128.Create((byte)128);
        return Avx2.IsSupported
            ? Avx2.Shuffle(Vector256.Create(levels, levels), nibbles)
            : Vector256.Create(Vector128.Shuffle(levels, nibbles.GetLower()), Vector128.Shuffle(levels, nibbles.GetUpper()));
    }

    /// <inheritdoc/>
    public static void Prepare(byte* block, float* scales, float* minima)
    {
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scale(byte* block, float* scales, int unit, bool upper) => SixteenHalves.Widen((short*)block, upper);
}
