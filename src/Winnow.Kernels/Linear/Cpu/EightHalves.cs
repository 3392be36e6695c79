using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>A half of each of eight rows.</summary>
internal static unsafe class EightHalves
{
    /// <summary>Reads and widens them.</summary>
    /// <param name="first">The first row's.</param>
    /// <param name="rowBytes">Bytes from row to row.</param>
    /// <param name="last">The last row that there is; those behind it are like it.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Read(byte* first, nint rowBytes, int last)
    {
        Vector128<ushort> bits = last == 7
            ? Vector128.Create(
                Half(first), Half(first + rowBytes), Half(first + (2 * rowBytes)), Half(first + (3 * rowBytes)), Half(first + (4 * rowBytes)),
                Half(first + (5 * rowBytes)), Half(first + (6 * rowBytes)), Half(first + (7 * rowBytes)))
            : Some(first, rowBytes, last);
        (Vector128<int> lower, Vector128<int> upper) = Vector128.Widen(bits.AsInt16());
        return Widen(Vector256.Create(lower, upper));
    }

    /// <summary>Widens halves as <see cref="HalfBits"/> does.</summary>
    /// <param name="halves">Their bits with the sign's copies before them.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Widen(Vector256<int> halves)
    {
        Vector256<int> wide = halves << 13;
        Vector256<float> magnitude = ((wide & Vector256.Create(HalfBits.Magnitude)) | Vector256.Create(HalfBits.Bias)).AsSingle();
        Vector256<float> normal = magnitude * Vector256.Create(HalfBits.Unbias);
        Vector256<float> subnormal = Vector256.FusedMultiplyAdd(magnitude, Vector256.Create(2 * HalfBits.Unbias), Vector256.Create(-HalfBits.SmallestNormal));
        Vector256<float> value = Vector256.ConditionalSelect(Vector256.LessThan(subnormal, normal), subnormal, normal);
        return (value.AsInt32() | (wide & Vector256.Create(int.MinValue))).AsSingle();
    }

    private static Vector128<ushort> Some(byte* first, nint rowBytes, int last)
    {
        Vector128<ushort> bits = default;
        for (int i = 0; i < 8; i++)
        {
            bits = bits.WithElement(i, Half(first + (Math.Min(i, last) * rowBytes)));
        }

        return bits;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ushort Half(byte* source) => Unsafe.ReadUnaligned<ushort>(source);
}
