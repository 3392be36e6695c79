using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Simulator.Operations;

/// <summary>
/// The <c>.approx</c> functions. The ISA bounds their error (2 ulp for ex2, an absolute 2^-22 for lg2 near 1, 2^-20.5 for sin and cos, a relative 2^-11 for
/// tanh) but not their bits. Here they are computed in double and rounded to float, so they are nearer than any GPU and the same on every machine.
/// </summary>
internal readonly struct ThroughDouble<TOp> : IUnary<float>
    where TOp : struct, IUnary<double>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a)
    {
        (Vector256<double> lower, Vector256<double> upper) = Vector256.Widen(a);
        return Vector256.Narrow(TOp.Apply(lower), TOp.Apply(upper));
    }
}

/// <summary>2 to the power of a: the power of the nearest integer times a series of ten terms, whose rest is below 10^-12.</summary>
internal readonly struct PowerOfTwo : IUnary<double>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Apply(Vector256<double> a)
    {
        // Beyond these limits a float result is 0 or infinite anyway. NaN passes the comparisons as the limit and comes back at the end.
        Vector256<double> low = Vector256.ConditionalSelect(Vector256.GreaterThan(a, Vector256.Create(-200.0)), a, Vector256.Create(-200.0));
        Vector256<double> inside = Vector256.ConditionalSelect(Vector256.LessThan(low, Vector256.Create(200.0)), low, Vector256.Create(200.0));
        Vector256<double> whole = Vector256.Round(inside);
        Vector256<double> x = (inside - whole) * Vector256.Create(0.69314718055994530942);
        Vector256<double> series = Vector256.Create(1.0 / 3628800);
        series = Vector256.FusedMultiplyAdd(series, x, Vector256.Create(1.0 / 362880));
        series = Vector256.FusedMultiplyAdd(series, x, Vector256.Create(1.0 / 40320));
        series = Vector256.FusedMultiplyAdd(series, x, Vector256.Create(1.0 / 5040));
        series = Vector256.FusedMultiplyAdd(series, x, Vector256.Create(1.0 / 720));
        series = Vector256.FusedMultiplyAdd(series, x, Vector256.Create(1.0 / 120));
        series = Vector256.FusedMultiplyAdd(series, x, Vector256.Create(1.0 / 24));
        series = Vector256.FusedMultiplyAdd(series, x, Vector256.Create(1.0 / 6));
        series = Vector256.FusedMultiplyAdd(series, x, Vector256.Create(0.5));
        series = Vector256.FusedMultiplyAdd(series, x, Vector256<double>.One);
        series = Vector256.FusedMultiplyAdd(series, x, Vector256<double>.One);

        // Adding 1.5 * 2^52 leaves the integer in the lowest bits of the sum; shifted, it is an exponent.
        Vector256<double> scale = ((whole + Vector256.Create(6755399441055744.0 + 1023)).AsInt64() << 52).AsDouble();
        return Vector256.ConditionalSelect(Vector256.Equals(a, a), series * scale, a);
    }
}

/// <summary>The logarithm to base 2.</summary>
internal readonly struct BinaryLogarithm : IUnary<double>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Apply(Vector256<double> a)
    {
        Vector256<double> usual = Vector256.GreaterThan(a, Vector256<double>.Zero) & Vector256.LessThan(a, Vector256.Create(double.PositiveInfinity));
        Vector256<double> result = Vector256.Log2(Vector256.ConditionalSelect(usual, a, Vector256<double>.One));
        Vector256<double> zero = Vector256.Equals(a, Vector256<double>.Zero);
        Vector256<double> infinite = Vector256.Equals(a, Vector256.Create(double.PositiveInfinity));
        Vector256<double> special = Vector256.ConditionalSelect(zero, Vector256.Create(double.NegativeInfinity), Vector256.Create(double.NaN));
        return Vector256.ConditionalSelect(usual, result, Vector256.ConditionalSelect(infinite, a, special));
    }
}

/// <summary>1 by the square root.</summary>
internal readonly struct ReciprocalSquareRoot : IUnary<double>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Apply(Vector256<double> a) => Vector256<double>.One / Vector256.Sqrt(a);
}

/// <summary>The hyperbolic tangent.</summary>
internal readonly struct HyperbolicTangent : IUnary<double>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Apply(Vector256<double> a)
    {
        Vector256<double> size = Vector256.Min(Vector256.Abs(a), Vector256.Create(20.0));
        Vector256<double> finite = Vector256.ConditionalSelect(Vector256.Equals(a, a), size, Vector256<double>.Zero);
        Vector256<double> power = Vector256.Exp(finite * Vector256.Create(-2.0));
        Vector256<double> large = (Vector256<double>.One - power) / (Vector256<double>.One + power);

        // Near 0 the difference above loses digits; there three terms of the series are exact to a double's half.
        Vector256<double> square = finite * finite;
        Vector256<double> small = finite * (Vector256<double>.One - (square * (Vector256.Create(1.0 / 3) - (square * Vector256.Create(2.0 / 15)))));
        Vector256<double> result = Vector256.ConditionalSelect(Vector256.LessThan(finite, Vector256.Create(0.004)), small, large);
        return Vector256.ConditionalSelect(Vector256.Equals(a, a), Vector256.CopySign(result, a), a);
    }
}

/// <summary>Sine, lane by lane so that no lane's bits depend on its neighbours.</summary>
internal readonly struct Sine : IUnary<double>
{
    public static Vector256<double> Apply(Vector256<double> a) => Vector256.Create(Math.Sin(a[0]), Math.Sin(a[1]), Math.Sin(a[2]), Math.Sin(a[3]));
}

/// <summary>Cosine, lane by lane so that no lane's bits depend on its neighbours.</summary>
internal readonly struct Cosine : IUnary<double>
{
    public static Vector256<double> Apply(Vector256<double> a) => Vector256.Create(Math.Cos(a[0]), Math.Cos(a[1]), Math.Cos(a[2]), Math.Cos(a[3]));
}
