using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>Halves of interleaved rows.</summary>
internal static unsafe class SixteenHalves
{
    /// <summary>Widens those of eight rows.</summary>
    /// <param name="halves">Those of 16 rows.</param>
    /// <param name="upper">For the upper eight; a constant.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Widen(short* halves, bool upper)
    {
        if (Lanes512.IsSupported)
        {
            Vector512<float> all = Lanes512.FromHalves((ushort*)halves);
            return upper ? all.GetUpper() : all.GetLower();
        }

        Vector256<short> both = Vector256.Load(halves);
        return Widen(upper ? Vector256.WidenUpper(both) : Vector256.WidenLower(both));
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
