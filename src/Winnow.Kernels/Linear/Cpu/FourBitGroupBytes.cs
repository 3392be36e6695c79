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
    public static bool HasMinima => true;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Unpack(byte* block, int unit, bool odd)
    {
        Vector256<byte> bytes = Vector256.Load(block + 16 + (16 * unit));
        return (!odd ? bytes : (bytes.AsUInt16() >>> 4).AsByte()) & Vector256.Create((byte)15);
    }

    /// <inheritdoc/>
    public static bool IsNarrow => true;

    /// <inheritdoc/>
    public static bool TakesTurns => false;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> UnpackTwo(byte* block, byte* other, int unit, bool odd)
    {
        int at = 16 + (16 * unit);
        Vector512<byte> bytes = Vector512.Create(Vector256.Load(block + at), Vector256.Load(other + at));
        return (!odd ? bytes : (bytes.AsUInt16() >>> 4).AsByte()) & Vector512.Create((byte)15);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales(byte* block, nint rowBytes, int last, float* scales, float* minima, nint stride) =>
        SixBitScales.Read(block, rowBytes, last, scales, minima, stride);
}
