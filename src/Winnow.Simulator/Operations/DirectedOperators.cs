using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Simulator.Operations;

/// <summary>A rounding other than to nearest, for vectors.</summary>
internal interface IDirection
{
    /// <summary>All ones where <paramref name="rounded"/>, which differs from the exact value as told, must step to the neighbour below.</summary>
    static abstract Vector256<double> StepsDown(Vector256<double> rounded, Vector256<double> isAbove);

    /// <summary>All ones where it must step to the neighbour above.</summary>
    static abstract Vector256<double> StepsUp(Vector256<double> rounded, Vector256<double> isBelow);

    /// <summary>True where a sum that is exactly zero is -0 unless both terms are +0.</summary>
    static abstract bool PrefersNegativeZero { get; }
}

/// <summary><c>rm</c></summary>
internal readonly struct Downwards : IDirection
{
    public static bool PrefersNegativeZero => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> StepsDown(Vector256<double> rounded, Vector256<double> isAbove) => isAbove;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> StepsUp(Vector256<double> rounded, Vector256<double> isBelow) => Vector256<double>.Zero;
}

/// <summary><c>rp</c></summary>
internal readonly struct Upwards : IDirection
{
    public static bool PrefersNegativeZero => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> StepsDown(Vector256<double> rounded, Vector256<double> isAbove) => Vector256<double>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> StepsUp(Vector256<double> rounded, Vector256<double> isBelow) => isBelow;
}

/// <summary><c>rz</c></summary>
internal readonly struct TowardsZero : IDirection
{
    public static bool PrefersNegativeZero => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> StepsDown(Vector256<double> rounded, Vector256<double> isAbove) =>
        isAbove & Vector256.GreaterThan(rounded, Vector256<double>.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> StepsUp(Vector256<double> rounded, Vector256<double> isBelow) =>
        isBelow & Vector256.LessThan(rounded, Vector256<double>.Zero);
}

/// <summary>
/// a * b + c with a directed rounding: the product of floats is exact in double, the error of the sum is known, and so is on which side of the
/// exact value the nearest float lies.
/// </summary>
internal readonly struct DirectedFused<TDirection> : ITernary<float>
    where TDirection : struct, IDirection
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b, Vector256<float> c)
    {
        (Vector256<double> a0, Vector256<double> a1) = Vector256.Widen(a);
        (Vector256<double> b0, Vector256<double> b1) = Vector256.Widen(b);
        (Vector256<double> c0, Vector256<double> c1) = Vector256.Widen(c);
        return Sum(a0 * b0, a1 * b1, c0, c1);
    }

    /// <summary>The sums of two pairs of vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Sum(Vector256<double> p0, Vector256<double> p1, Vector256<double> c0, Vector256<double> c1)
    {
        Vector256<double> sum0 = p0 + c0;
        Vector256<double> sum1 = p1 + c1;
        if (TDirection.PrefersNegativeZero)
        {
            sum0 = WithZero(sum0, p0 | c0);
            sum1 = WithZero(sum1, p1 | c1);
        }

        Vector256<float> near = Vector256.Narrow(sum0, sum1);
        (Vector256<double> near0, Vector256<double> near1) = Vector256.Widen(near);
        Vector256<long> step0 = Step(near0, sum0, Error(p0, c0, sum0));
        Vector256<long> step1 = Step(near1, sum1, Error(p1, c1, sum1));
        return (near.AsInt32() + Vector256.Narrow(step0, step1)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> WithZero(Vector256<double> sum, Vector256<double> signs)
    {
        Vector256<double> isZero = Vector256.Equals(sum, Vector256<double>.Zero);
        return sum | (isZero & signs & Vector256.Create(-0.0));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Error(Vector256<double> p, Vector256<double> c, Vector256<double> sum)
    {
        Vector256<double> part = sum - p;
        return (p - (sum - part)) + (c - part);
    }

    // To the next float away from zero is +1 in its bits, towards zero -1.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<long> Step(Vector256<double> near, Vector256<double> sum, Vector256<double> error)
    {
        Vector256<double> isEqual = Vector256.Equals(near, sum);
        Vector256<double> isAbove = Vector256.GreaterThan(near, sum) | (isEqual & Vector256.LessThan(error, Vector256<double>.Zero));
        Vector256<double> isBelow = Vector256.LessThan(near, sum) | (isEqual & Vector256.GreaterThan(error, Vector256<double>.Zero));
        Vector256<long> outwards = (near.AsInt64() >> 63) | Vector256<long>.One;
        Vector256<long> down = TDirection.StepsDown(near, isAbove).AsInt64() & outwards;
        Vector256<long> up = TDirection.StepsUp(near, isBelow).AsInt64() & outwards;
        return up - down;
    }
}

internal readonly struct DirectedAdd<TDirection> : IBinary<float>
    where TDirection : struct, IDirection
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b)
    {
        (Vector256<double> a0, Vector256<double> a1) = Vector256.Widen(a);
        (Vector256<double> b0, Vector256<double> b1) = Vector256.Widen(b);
        return DirectedFused<TDirection>.Sum(a0, a1, b0, b1);
    }
}

internal readonly struct DirectedSubtract<TDirection> : IBinary<float>
    where TDirection : struct, IDirection
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b) => DirectedAdd<TDirection>.Apply(a, -b);
}

internal readonly struct DirectedMultiply<TDirection> : IBinary<float>
    where TDirection : struct, IDirection
{
    // The zero that is added has the sign of the product, and so leaves the sign of a product that is zero.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b) =>
        DirectedFused<TDirection>.Apply(a, b, (a ^ b) & Vector256.Create(-0.0f));
}
