using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>Q4_K: two halves, 6-bit scales and minima of eight units, and the units as nibbles of 32 bytes each, two by two.</summary>
internal readonly unsafe struct FourBitGroupBytes : IByteCodec
{
    /// <inheritdoc/>
    public static int Units => 8;

    /// <inheritdoc/>
    public static int BlockBytes => 144;

    /// <inheritdoc/>
    public static int Offset => 0;

    /// <inheritdoc/>
    public static int Greatest => 15;

    /// <inheritdoc/>
    public static bool HasMinima => true;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Unpack(byte* block, int unit, int part, int four, bool upper)
    {
        Vector256<byte> bytes = Vector256.Load(block + (16 * 16) + (256 * (unit + (part & 2))) + (64 * four) + (upper ? 32 : 0));
        return ((part & 1) == 0 ? bytes : (bytes.AsUInt16() >>> 4).AsByte()) & Vector256.Create((byte)15);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prepare(byte* block, float* scales, float* minima) => SixBitScales.Read(block, scales, minima);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scale(byte* block, float* scales, int unit, bool upper) => Vector256.Load(scales + (unit * RowGroups.Rows) + (upper ? 8 : 0));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Minimum(byte* block, float* minima, int unit, bool upper) => Vector256.Load(minima + (unit * RowGroups.Rows) + (upper ? 8 : 0));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> UnpackAll(byte* block, int unit, int part, int four)
    {
        Vector512<byte> bytes = Vector512.Load(block + (16 * 16) + (256 * (unit + (part & 2))) + (64 * four));
        return ((part & 1) == 0 ? bytes : (bytes.AsUInt16() >>> 4).AsByte()) & Vector512.Create((byte)15);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> AllScales(byte* block, float* scales, int unit) => Vector512.Load(scales + (unit * RowGroups.Rows));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> AllMinima(byte* block, float* minima, int unit) => Vector512.Load(minima + (unit * RowGroups.Rows));
}
