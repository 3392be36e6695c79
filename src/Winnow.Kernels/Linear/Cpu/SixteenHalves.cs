using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>Halves of interleaved rows.</summary>
internal static unsafe class SixteenHalves
{
    /// <summary>Widens a half of each row.</summary>
    /// <param name="halves">Those of 16 rows.</param>
    /// <param name="output">F32 [16].</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Widen(short* halves, float* output)
    {
        if (Lanes512.IsSupported)
        {
            Lanes512.FromHalves((ushort*)halves).Store(output);
            return;
        }

        (Vector256<int> lower, Vector256<int> upper) = Vector256.Widen(Vector256.Load(halves));
        Widen(lower).Store(output);
        Widen(upper).Store(output + 8);
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
}
