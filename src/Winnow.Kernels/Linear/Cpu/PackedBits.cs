using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>What the codecs of interleaved blocks of 32 values have in common, eight rows at a time or all sixteen. Inlined always, because their code depends on constants.</summary>
internal static unsafe class PackedBits
{
    /// <summary>Nibbles of four inputs: the first 16 lie in the lower halves of 16 bytes, the others in the upper.</summary>
    /// <param name="nibbles">Those of 16 rows.</param>
    /// <param name="four">Which of the eight times four inputs; a constant.</param>
    /// <param name="upper">For the upper eight rows; a constant.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Nibbles(byte* nibbles, int four, bool upper)
    {
        Vector256<byte> bytes = Vector256.Load(nibbles + (64 * (four & 3)) + (upper ? 32 : 0));
        return (four < 4 ? bytes : (bytes.AsUInt16() >>> 4).AsByte()) & Vector256.Create((byte)15);
    }

    /// <summary>Sixteen where an input has a fifth bit, else 0. Moved up by 4, 11, 18 and 25 places, which do not meet, four neighbours have their bits where bytes need them.</summary>
    /// <param name="bits">A dword of each of 16 rows, a bit an input.</param>
    /// <param name="four">Which of the eight times four inputs; a constant.</param>
    /// <param name="upper">For the upper eight rows; a constant.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Fifths(byte* bits, int four, bool upper)
    {
        Vector256<uint> neighbours = (Vector256.Load((uint*)(bits + (upper ? 32 : 0))) >>> (4 * four)) & Vector256.Create(15u);
        return ((neighbours * Vector256.Create(0x02040810u)) & Vector256.Create(0x10101010u)).AsByte();
    }

    /// <summary>The scale of each row, of blocks that begin with two halves.</summary>
    /// <param name="halves">Those of 16 rows.</param>
    /// <param name="upper">For the upper eight rows; a constant.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scale(byte* halves, bool upper) =>
        SixteenHalves.Widen((Vector256.Load((int*)(halves + (upper ? 32 : 0))) << 16) >> 16);

    /// <summary>What is subtracted in each row: the second half is added in files.</summary>
    /// <param name="halves">Those of 16 rows.</param>
    /// <param name="upper">For the upper eight rows; a constant.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Minimum(byte* halves, bool upper) =>
        -SixteenHalves.Widen(Vector256.Load((int*)(halves + (upper ? 32 : 0))) >> 16);

    /// <summary><see cref="Nibbles"/> of all rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> AllNibbles(byte* nibbles, int four)
    {
        Vector512<byte> bytes = Vector512.Load(nibbles + (64 * (four & 3)));
        return (four < 4 ? bytes : (bytes.AsUInt16() >>> 4).AsByte()) & Vector512.Create((byte)15);
    }

    /// <summary><see cref="Fifths"/> of all rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> AllFifths(byte* bits, int four)
    {
        Vector512<uint> neighbours = (Vector512.Load((uint*)bits) >>> (4 * four)) & Vector512.Create(15u);
        return ((neighbours * Vector512.Create(0x02040810u)) & Vector512.Create(0x10101010u)).AsByte();
    }

    /// <summary><see cref="Scale"/> of all rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> AllScales(byte* halves) => Lanes512.FromHalves((Vector512.Load((int*)halves) << 16) >> 16);

    /// <summary><see cref="Minimum"/> of all rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> AllMinima(byte* halves) => -Lanes512.FromHalves(Vector512.Load((int*)halves) >> 16);
}
