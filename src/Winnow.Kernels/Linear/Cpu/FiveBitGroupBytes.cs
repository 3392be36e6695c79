using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>Q5_K: as Q4_K, with a fifth bit of each value in 32 bytes before the nibbles, a bit of each for a unit.</summary>
internal readonly unsafe struct FiveBitGroupBytes : IByteCodec
{
    /// <inheritdoc/>
    public static int Units => 8;

    /// <inheritdoc/>
    public static int BlockBytes => 176;

    /// <inheritdoc/>
    public static int Offset => 0;

    /// <inheritdoc/>
    public static int Greatest => 31;

    /// <inheritdoc/>
    public static bool HasMinima => true;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Unpack(byte* block, int unit, int part, int four, bool upper)
    {
        int at = (64 * four) + (upper ? 32 : 0);
        Vector256<byte> nibbles = Vector256.Load(block + (48 * 16) + (256 * (unit + (part & 2))) + at);
        Vector256<byte> fifth = (Vector256.Load((ushort*)(block + (16 * 16) + at)) >>> (unit + part)).AsByte() & Vector256<byte>.One;
        nibbles = ((part & 1) == 0 ? nibbles : (nibbles.AsUInt16() >>> 4).AsByte()) & Vector256.Create((byte)15);
        return nibbles | (fifth.AsUInt16() << 4).AsByte();
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
        Vector512<byte> nibbles = Vector512.Load(block + (48 * 16) + (256 * (unit + (part & 2))) + (64 * four));
        Vector512<byte> fifth = (Vector512.Load((ushort*)(block + (16 * 16) + (64 * four))) >>> (unit + part)).AsByte() & Vector512<byte>.One;
        nibbles = ((part & 1) == 0 ? nibbles : (nibbles.AsUInt16() >>> 4).AsByte()) & Vector512.Create((byte)15);
        return nibbles | (fifth.AsUInt16() << 4).AsByte();
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> AllScales(byte* block, float* scales, int unit) => Vector512.Load(scales + (unit * RowGroups.Rows));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> AllMinima(byte* block, float* minima, int unit) => Vector512.Load(minima + (unit * RowGroups.Rows));
}
