using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Simulator.Operations;

/// <summary>
/// A float of 16 bits. Its arithmetic is done in wider floats and rounded once: intermediate results are exact or rounded to odd (the last bit set
/// where anything was lost), and a number rounded to odd with two spare bits rounds to what the exact one would.
/// </summary>
internal interface INarrowFloat
{
    /// <summary>Bits of the fraction.</summary>
    static abstract int FractionBits { get; }

    /// <summary>What an exponent lacks to that of a double of the same size.</summary>
    static abstract int MissingBias { get; }

    /// <summary>Widens the lower 16 bits of each lane, exactly.</summary>
    static abstract Vector256<float> ToSingle(Vector256<uint> bits);

    /// <summary>Rounds to nearest, ties to even; NaN becomes 0x7FFF. The upper 16 bits are zero.</summary>
    static abstract Vector256<uint> FromSingle(Vector256<float> value);

    /// <summary>a * b + c, rounded to odd.</summary>
    static abstract Vector256<float> Fused(Vector256<float> a, Vector256<float> b, Vector256<float> c);
}

/// <summary>Sums rounded to odd.</summary>
internal static class OddSum
{
    /// <summary>The sum of two floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(Vector256<float> a, Vector256<float> b)
    {
        Vector256<float> sum = a + b;
        Vector256<float> part = sum - a;
        Vector256<float> error = (a - (sum - part)) + (b - part);
        return Adjust(sum, error);
    }

    /// <summary>a * b + c, the product being exact in double.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> FusedThroughDouble(Vector256<float> a, Vector256<float> b, Vector256<float> c)
    {
        (Vector256<double> a0, Vector256<double> a1) = Vector256.Widen(a);
        (Vector256<double> b0, Vector256<double> b1) = Vector256.Widen(b);
        (Vector256<double> c0, Vector256<double> c1) = Vector256.Widen(c);
        Vector256<double> lower = Add(a0 * b0, c0);
        Vector256<double> upper = Add(a1 * b1, c1);
        Vector256<float> rounded = Vector256.Narrow(lower, upper);
        (Vector256<double> r0, Vector256<double> r1) = Vector256.Widen(rounded);
        return Adjust(rounded, Vector256.Narrow(Direction(lower, r0), Direction(upper, r1)));
    }

    private static Vector256<double> Direction(Vector256<double> exact, Vector256<double> rounded)
    {
        Vector256<double> up = Vector256.GreaterThan(exact, rounded) & Vector256<double>.One;
        return up - (Vector256.LessThan(exact, rounded) & Vector256<double>.One);
    }

    private static Vector256<double> Add(Vector256<double> a, Vector256<double> b)
    {
        Vector256<double> sum = a + b;
        Vector256<double> part = sum - a;
        Vector256<double> error = (a - (sum - part)) + (b - part);
        Vector256<long> lost = (Vector256.LessThan(error, Vector256<double>.Zero) | Vector256.GreaterThan(error, Vector256<double>.Zero)).AsInt64();
        Vector256<long> even = ~(sum.AsInt64() << 63 >> 63);
        Vector256<long> step = ((sum.AsInt64() ^ error.AsInt64()) >> 63) | Vector256<long>.One;
        return (sum.AsInt64() + (step & lost & even)).AsDouble();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Adjust(Vector256<float> sum, Vector256<float> error)
    {
        Vector256<int> lost = (Vector256.LessThan(error, Vector256<float>.Zero) | Vector256.GreaterThan(error, Vector256<float>.Zero)).AsInt32();
        Vector256<int> even = ~(sum.AsInt32() << 31 >> 31);
        Vector256<int> step = ((sum.AsInt32() ^ error.AsInt32()) >> 31) | Vector256<int>.One;
        return (sum.AsInt32() + (step & lost & even)).AsSingle();
    }
}

/// <summary><c>f16</c></summary>
internal readonly struct HalfFloat : INarrowFloat
{
    public static int FractionBits => 10;

    public static int MissingBias => 1023 - 15;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> ToSingle(Vector256<uint> bits)
    {
        // No step meets a subnormal float, which some processors are slow at: halves below the normal ones are taken from a sum.
        Vector256<uint> shifted = (bits & Vector256.Create(0x7FFFu)) << 13;
        Vector256<uint> exponent = shifted & Vector256.Create(0x0F800000u);
        Vector256<uint> normal = shifted + Vector256.Create(112u << 23);
        Vector256<uint> special = Vector256.Equals(exponent, Vector256.Create(0x0F800000u)) & Vector256.Create(112u << 23);
        Vector256<float> small = (shifted + Vector256.Create(113u << 23)).AsSingle() - Vector256.Create(113u << 23).AsSingle();
        Vector256<uint> isSmall = Vector256.Equals(exponent, Vector256<uint>.Zero);
        Vector256<uint> magnitude = Vector256.ConditionalSelect(isSmall, small.AsUInt32(), normal + special);
        return (magnitude | ((bits & Vector256.Create(0x8000u)) << 16)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> FromSingle(Vector256<float> value)
    {
        Vector256<uint> bits = value.AsUInt32();
        Vector256<uint> sign = bits & Vector256.Create(0x80000000u);
        Vector256<uint> size = bits ^ sign;
        Vector256<uint> odd = (size >>> 13) & Vector256<uint>.One;
        Vector256<uint> normal = (size - Vector256.Create((112u << 23) - 0xFFF) + odd) >>> 13;
        Vector256<float> magic = Vector256.Create(126u << 23).AsSingle();
        Vector256<uint> small = (size.AsSingle() + magic).AsUInt32() - magic.AsUInt32();
        Vector256<int> ordered = size.AsInt32();
        Vector256<uint> result = Vector256.ConditionalSelect(Vector256.LessThan(ordered, Vector256.Create(113 << 23)).AsUInt32(), small, normal);
        Vector256<uint> large = Vector256.GreaterThan(ordered, Vector256.Create((143 << 23) - 1)).AsUInt32();
        result = Vector256.ConditionalSelect(large, Vector256.Create(0x7C00u), result) | (sign >>> 16);
        return Vector256.ConditionalSelect(Vector256.Equals(value, value).AsUInt32(), result, Vector256.Create(0x7FFFu));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Fused(Vector256<float> a, Vector256<float> b, Vector256<float> c) => OddSum.Add(a * b, c);
}

/// <summary><c>bf16</c></summary>
internal readonly struct BrainFloat : INarrowFloat
{
    public static int FractionBits => 7;

    public static int MissingBias => 1023 - 127;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> ToSingle(Vector256<uint> bits) => (bits << 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> FromSingle(Vector256<float> value)
    {
        Vector256<uint> bits = value.AsUInt32();
        Vector256<uint> rounded = (bits + Vector256.Create(0x7FFFu) + ((bits >>> 16) & Vector256<uint>.One)) >>> 16;
        return Vector256.ConditionalSelect(Vector256.Equals(value, value).AsUInt32(), rounded, Vector256.Create(0x7FFFu));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Fused(Vector256<float> a, Vector256<float> b, Vector256<float> c) => OddSum.FusedThroughDouble(a, b, c);
}
