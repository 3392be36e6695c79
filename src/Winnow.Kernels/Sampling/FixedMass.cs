using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Winnow.Kernels.Sampling;

/// <summary>
/// Weights of tokens as whole numbers of 2^-40. Their sums are exact, so they are the same in any order, and what compares them decides
/// the same on every device.
/// </summary>
/// <remarks>
/// A weight is exp(score - maximum), at most 1, so a row may have 2^22 tokens. What lies under half a unit (4.5e-13 of the most probable
/// token) is never drawn; 256 Ki such tokens would together have had a chance of 1.2e-7.
/// </remarks>
internal static class FixedMass
{
    /// <summary>The most tokens a row may have.</summary>
    public const int TokenLimit = 1 << 22;

    private const int Lanes = 8;
    private const double One = 1L << 40;

    // Adding 1.5 * 2^52 leaves the nearest whole number in the low bits of the sum.
    private const double Magic = 6755399441055744;
    private const long MagicBits = 0x4338000000000000;

    /// <summary>One weight.</summary>
    public static long Of(float weight) => Bits(weight) - MagicBits;

    /// <summary>The sum of weights.</summary>
    public static long Sum(ReadOnlySpan<float> weights)
    {
        Vector256<long> sums = Vector256<long>.Zero;
        int i = 0;
        for (; i <= weights.Length - Lanes; i += Lanes)
        {
            sums += Wide(Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(weights), (nuint)i));
        }

        long sum = Vector256.Sum(sums) - (i * MagicBits);
        for (; i < weights.Length; i++)
        {
            sum += Of(weights[i]);
        }

        return sum;
    }

    /// <summary>The sum of the weights of some candidates.</summary>
    public static long Sum(ReadOnlySpan<int> items, ReadOnlySpan<float> weights)
    {
        long even = 0, odd = 0;
        int i = 0;
        for (; i < items.Length - 1; i += 2)
        {
            even += Bits(weights[items[i]]);
            odd += Bits(weights[items[i + 1]]);
        }

        if (i < items.Length)
        {
            even += Bits(weights[items[i]]);
        }

        return even + odd - (items.Length * MagicBits);
    }

    /// <summary>The sum of exp(value - maximum).</summary>
    public static long SumExp(ReadOnlySpan<float> row, float maximum)
    {
        Vector256<float> shift = Vector256.Create(maximum);
        Vector256<long> sums = Vector256<long>.Zero;
        int i = 0;
        for (; i <= row.Length - Lanes; i += Lanes)
        {
            sums += Wide(RowMath.Exp(Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(row), (nuint)i) - shift));
        }

        Span<float> tail = stackalloc float[Lanes];
        tail.Fill(float.NegativeInfinity);
        row[i..].CopyTo(tail);
        return Vector256.Sum(sums + Wide(RowMath.Exp(Vector256.Create<float>(tail) - shift))) - ((i + Lanes) * MagicBits);
    }

    /// <summary>A sum as a multiple of the largest weight.</summary>
    public static double ToDouble(long sum) => sum / One;

    /// <summary>A multiple of the largest weight as a sum, rounded down.</summary>
    public static long FromDouble(double mass) => (long)(mass * One);

    /// <summary>The least sum that is a share, below 1, of another.</summary>
    public static long Share(float share, long sum) => (long)Math.Ceiling(share * (double)sum);

    // With the bits of the magic number still in it, once for each weight: sums wrap around, so they are taken off at the end.
    private static long Bits(float weight) => BitConverter.DoubleToInt64Bits((weight * One) + Magic);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<long> Wide(Vector256<float> weights)
    {
        Vector256<double> one = Vector256.Create(One), magic = Vector256.Create(Magic);
        return ((Vector256.WidenLower(weights) * one) + magic).AsInt64() + ((Vector256.WidenUpper(weights) * one) + magic).AsInt64();
    }
}
