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
    public static bool HasMinima => false;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Unpack(byte* block, int unit, bool odd) => Vector256.Load(block + 2) ^ Vector256.Create((byte)128);

    /// <inheritdoc/>
    public static bool IsNarrow => false;

    /// <inheritdoc/>
    public static bool TakesTurns => false;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> UnpackTwo(byte* block, byte* other, int unit, bool odd) => Vector512.Create(Unpack(block, unit, odd), Unpack(other, unit, odd));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales(byte* block, nint rowBytes, int last, float* scales, float* minima, nint stride) =>
        EightHalves.Read(block, rowBytes, last).Store(scales);
}
