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
    public static bool HasMinima => true;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Unpack(byte* block, int unit, bool odd)
    {
        Vector256<byte> nibbles = Vector256.Load(block + 48 + (16 * unit));
        Vector256<byte> fifth = (Vector256.Load((ushort*)(block + 16)) >>> (unit + (odd ? 1 : 0))).AsByte() & Vector256<byte>.One;
        nibbles = (!odd ? nibbles : (nibbles.AsUInt16() >>> 4).AsByte()) & Vector256.Create((byte)15);
        return nibbles | (fifth.AsUInt16() << 4).AsByte();
    }

    /// <inheritdoc/>
    public static bool IsNarrow => true;

    /// <inheritdoc/>
    public static bool TakesTurns => false;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> UnpackTwo(byte* block, byte* other, int unit, bool odd)
    {
        int at = 48 + (16 * unit);
        Vector512<byte> nibbles = Vector512.Create(Vector256.Load(block + at), Vector256.Load(other + at));
        Vector512<byte> bits = Vector512.Create(Vector256.Load(block + 16), Vector256.Load(other + 16));
        Vector512<byte> fifth = (bits.AsUInt16() >>> (unit + (odd ? 1 : 0))).AsByte() & Vector512<byte>.One;
        nibbles = (!odd ? nibbles : (nibbles.AsUInt16() >>> 4).AsByte()) & Vector512.Create((byte)15);
        return nibbles | (fifth.AsUInt16() << 4).AsByte();
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales(byte* block, nint rowBytes, int last, float* scales, float* minima, nint stride) =>
        SixBitScales.Read(block, rowBytes, last, scales, minima, stride);
}
