using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>
/// Q6_K: in halves of four units, 64 bytes of nibbles less 32 each, the third and the fourth unit in the upper halves of the first two's bytes; then 32 bytes for each half, with
/// two more bits of each unit; then a factor of each 16 values, and a half.
/// </summary>
internal readonly unsafe struct SixBitGroupBytes : IByteCodec
{
    private const int Nibbles = 2 * RowGroups.Rows;
    private const int Upper = Nibbles + (128 * RowGroups.Rows);
    private const int BlockFactors = Upper + (64 * RowGroups.Rows);

    /// <inheritdoc/>
    public static int Units => 8;

    /// <inheritdoc/>
    public static int BlockBytes => 210;

    /// <inheritdoc/>
    public static int Offset => 32;

    /// <inheritdoc/>
    public static int Greatest => 63;

    /// <inheritdoc/>
    public static bool HasMinima => false;

    /// <inheritdoc/>
    public static bool HasFactors => true;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Unpack(byte* block, int unit, int part, int four, bool upper)
    {
        int at = (64 * four) + (upper ? 32 : 0);
        Vector256<ushort> nibbles = Vector256.Load((ushort*)(block + Nibbles + (256 * unit) + (512 * (part & 1)) + at));
        Vector256<ushort> bits = Vector256.Load((ushort*)(block + Upper + (128 * unit) + at));
        nibbles = part < 2 ? nibbles : nibbles >>> 4;
        bits = part switch { 0 => bits << 4, 1 => bits << 2, 2 => bits, _ => bits >>> 2 };
        return (nibbles.AsByte() & Vector256.Create((byte)0x0F)) | (bits.AsByte() & Vector256.Create((byte)0x30));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prepare(byte* block, float* scales, float* minima)
    {
        SixteenHalves.Widen((short*)block, false).Store(scales);
        SixteenHalves.Widen((short*)block, true).Store(scales + 8);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scale(byte* block, float* scales, int unit, bool upper) => Vector256.Load(scales + (upper ? 8 : 0));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Factors(byte* block, int unit, int part, bool upper)
    {
        Vector256<int> two = Vector256.Load((int*)(block + BlockFactors + (32 * (unit + (part & 2))) + (upper ? 32 : 0)));
        return (part & 1) == 0 ? two : two >> 16;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> UnpackAll(byte* block, int unit, int part, int four)
    {
        Vector512<ushort> nibbles = Vector512.Load((ushort*)(block + Nibbles + (256 * unit) + (512 * (part & 1)) + (64 * four)));
        Vector512<ushort> bits = Vector512.Load((ushort*)(block + Upper + (128 * unit) + (64 * four)));
        nibbles = part < 2 ? nibbles : nibbles >>> 4;
        bits = part switch { 0 => bits << 4, 1 => bits << 2, 2 => bits, _ => bits >>> 2 };
        return (nibbles.AsByte() & Vector512.Create((byte)0x0F)) | (bits.AsByte() & Vector512.Create((byte)0x30));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> AllFactors(byte* block, int unit, int part)
    {
        Vector512<int> two = Vector512.Load((int*)(block + BlockFactors + (32 * (unit + (part & 2)))));
        return (part & 1) == 0 ? two : two >> 16;
    }
}
