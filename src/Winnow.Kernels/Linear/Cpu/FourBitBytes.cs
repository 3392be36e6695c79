using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

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
    public static bool HasMinima => false;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Unpack(byte* block, int unit, bool odd)
    {
        Vector128<byte> bytes = Vector128.Load(block + 2);
        Vector256<uint> twice = Vector256.Create(bytes, bytes).AsUInt32();
        twice = Avx2.IsSupported
            ? Avx2.ShiftRightLogicalVariable(twice, Vector256.Create(0u, 0, 0, 0, 4, 4, 4, 4))
            : Vector256.Create(twice.GetLower(), twice.GetLower() >>> 4);
        return twice.AsByte() & Vector256.Create((byte)15);
    }

    /// <inheritdoc/>
    public static bool IsNarrow => true;

    /// <inheritdoc/>
    public static bool TakesTurns => true;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> UnpackTwo(byte* block, byte* other, int unit, bool odd)
    {
        Vector256<byte> bytes = Vector256.Create(Vector128.Load(block + 2), Vector128.Load(other + 2));
        return Vector512.Create(bytes, (bytes.AsUInt16() >>> 4).AsByte()) & Vector512.Create((byte)15);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales(byte* block, nint rowBytes, int last, float* scales, float* minima, nint stride) =>
        EightHalves.Read(block, rowBytes, last).Store(scales);
}
