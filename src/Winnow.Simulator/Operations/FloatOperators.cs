using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Simulator.Operations;

/// <summary>What PTX does to the operands and results of single-precision arithmetic.</summary>
internal static class SingleFloat
{
    /// <summary>Any NaN becomes the one NaN of the ISA.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Canonical(Vector256<float> a) =>
        Vector256.ConditionalSelect(Vector256.Equals(a, a), a, Vector256.Create(0x7FFFFFFFu).AsSingle());

    /// <summary>Subnormal numbers become zeros with the same sign.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Flush(Vector256<float> a)
    {
        Vector256<uint> small = Vector256.Equals(a.AsUInt32() & Vector256.Create(0x7F800000u), Vector256<uint>.Zero);
        return Vector256.AndNot(a.AsUInt32(), small & Vector256.Create(0x7FFFFFFFu)).AsSingle();
    }

    /// <summary>Into [0, 1]; NaN becomes +0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Saturate(Vector256<float> a)
    {
        Vector256<float> positive = Vector256.GreaterThan(a, Vector256<float>.Zero) & a;
        return Vector256.ConditionalSelect(Vector256.LessThan(positive, Vector256<float>.One), positive, Vector256<float>.One);
    }
}

/// <summary>What happens to operands before and to the result after an operation on floats.</summary>
internal interface IFinish
{
    static abstract Vector256<float> Operand(Vector256<float> a);

    static abstract Vector256<float> Result(Vector256<float> a);
}

/// <summary>Only NaN is made canonical.</summary>
internal readonly struct Plain : IFinish
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Operand(Vector256<float> a) => a;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Result(Vector256<float> a) => SingleFloat.Canonical(a);
}

/// <summary><c>.ftz</c></summary>
internal readonly struct Flushing : IFinish
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Operand(Vector256<float> a) => SingleFloat.Flush(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Result(Vector256<float> a) => SingleFloat.Canonical(SingleFloat.Flush(a));
}

/// <summary><c>.sat</c></summary>
internal readonly struct Saturating : IFinish
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Operand(Vector256<float> a) => a;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Result(Vector256<float> a) => SingleFloat.Saturate(a);
}

/// <summary><c>.ftz.sat</c></summary>
internal readonly struct FlushingSaturating : IFinish
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Operand(Vector256<float> a) => SingleFloat.Flush(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Result(Vector256<float> a) => SingleFloat.Saturate(SingleFloat.Flush(a));
}

/// <summary><c>.relu</c>: negative numbers become +0, NaN stays.</summary>
internal readonly struct Rectifying : IFinish
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Operand(Vector256<float> a) => a;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Result(Vector256<float> a) =>
        SingleFloat.Canonical(Vector256.AndNot(a, Vector256.LessThanOrEqual(a, Vector256<float>.Zero)));
}

/// <summary>An operation of one operand between its finishes.</summary>
internal readonly struct Finished1<TOp, TFinish> : IUnary<float>
    where TOp : struct, IUnary<float>
    where TFinish : struct, IFinish
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a) => TFinish.Result(TOp.Apply(TFinish.Operand(a)));
}

/// <summary>An operation of two operands between its finishes.</summary>
internal readonly struct Finished2<TOp, TFinish> : IBinary<float>
    where TOp : struct, IBinary<float>
    where TFinish : struct, IFinish
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b) =>
        TFinish.Result(TOp.Apply(TFinish.Operand(a), TFinish.Operand(b)));
}

/// <summary>An operation of three operands between its finishes.</summary>
internal readonly struct Finished3<TOp, TFinish> : ITernary<float>
    where TOp : struct, ITernary<float>
    where TFinish : struct, IFinish
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b, Vector256<float> c) =>
        TFinish.Result(TOp.Apply(TFinish.Operand(a), TFinish.Operand(b), TFinish.Operand(c)));
}

/// <summary>Rounded once.</summary>
internal readonly struct Fused : ITernary<float>, ITernary<double>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b, Vector256<float> c) => Vector256.FusedMultiplyAdd(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Apply(Vector256<double> a, Vector256<double> b, Vector256<double> c) => Vector256.FusedMultiplyAdd(a, b, c);
}

internal readonly struct Divide<T> : IBinary<T>
    where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => a / b;
}

internal readonly struct SquareRoot<T> : IUnary<T>
    where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a) => Vector256.Sqrt(a);
}

internal readonly struct Reciprocal<T> : IUnary<T>
    where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a) => Vector256<T>.One / a;
}

/// <summary>The smaller; the number where the other is NaN; -0 is below +0.</summary>
internal readonly struct MinimumNumber<T> : IBinary<T>
    where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => Vector256.MinNumber(a, b);
}

/// <summary>The larger; the number where the other is NaN; -0 is below +0.</summary>
internal readonly struct MaximumNumber<T> : IBinary<T>
    where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => Vector256.MaxNumber(a, b);
}

/// <summary>The magnitude of b with the sign of a.</summary>
internal readonly struct CopySign<T> : IBinary<T>
    where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => Vector256.CopySign(b, a);
}

internal readonly struct RoundEven<T> : IUnary<T>
    where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a) => typeof(T) == typeof(float)
        ? Vector256.Round(a.As<T, float>()).As<float, T>()
        : Vector256.Round(a.As<T, double>()).As<double, T>();
}

internal readonly struct RoundToZero<T> : IUnary<T>
    where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a) => typeof(T) == typeof(float)
        ? Vector256.Truncate(a.As<T, float>()).As<float, T>()
        : Vector256.Truncate(a.As<T, double>()).As<double, T>();
}

internal readonly struct RoundDown<T> : IUnary<T>
    where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a) => typeof(T) == typeof(float)
        ? Vector256.Floor(a.As<T, float>()).As<float, T>()
        : Vector256.Floor(a.As<T, double>()).As<double, T>();
}

internal readonly struct RoundUp<T> : IUnary<T>
    where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a) => typeof(T) == typeof(float)
        ? Vector256.Ceiling(a.As<T, float>()).As<float, T>()
        : Vector256.Ceiling(a.As<T, double>()).As<double, T>();
}
