using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Simulator.Operations;

/// <summary>An operation on 16-bit floats by one on floats.</summary>
internal readonly struct Narrow1<TFormat, TOp, TFinish> : IUnary<uint>
    where TFormat : struct, INarrowFloat
    where TOp : struct, IUnary<float>
    where TFinish : struct, IFinish
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a) => TFormat.FromSingle(TFinish.Result(TOp.Apply(TFormat.ToSingle(a))));
}

/// <summary>An operation on two 16-bit floats by one on floats that is exact or rounds to odd.</summary>
internal readonly struct Narrow2<TFormat, TOp, TFinish> : IBinary<uint>
    where TFormat : struct, INarrowFloat
    where TOp : struct, IBinary<float>
    where TFinish : struct, IFinish
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a, Vector256<uint> b) =>
        TFormat.FromSingle(TFinish.Result(TOp.Apply(TFormat.ToSingle(a), TFormat.ToSingle(b))));
}

/// <summary>a * b + c of 16-bit floats, rounded once.</summary>
internal readonly struct NarrowFused<TFormat, TFinish> : ITernary<uint>
    where TFormat : struct, INarrowFloat
    where TFinish : struct, IFinish
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a, Vector256<uint> b, Vector256<uint> c) =>
        TFormat.FromSingle(TFinish.Result(TFormat.Fused(TFormat.ToSingle(a), TFormat.ToSingle(b), TFormat.ToSingle(c))));
}

/// <summary>a + b, rounded to odd.</summary>
internal readonly struct OddAdd : IBinary<float>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b) => OddSum.Add(a, b);
}

/// <summary>a - b, rounded to odd.</summary>
internal readonly struct OddSubtract : IBinary<float>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b) => OddSum.Add(a, -b);
}

/// <summary>a * b, exact or rounded to odd.</summary>
internal readonly struct OddMultiply<TFormat> : IBinary<float>
    where TFormat : struct, INarrowFloat
{
    // Adding -0 leaves every product as it is, its sign included.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b) => TFormat.Fused(a, b, Vector256.Create(-0.0f));
}

/// <summary>Both halves of a register by an operation on the lower one.</summary>
internal readonly struct Packed1<TOp> : IUnary<uint>
    where TOp : struct, IUnary<uint>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a) => TOp.Apply(Short.Cut(a)) | (TOp.Apply(a >>> 16) << 16);
}

/// <summary>Both halves of two registers by an operation on the lower ones.</summary>
internal readonly struct Packed2<TOp> : IBinary<uint>
    where TOp : struct, IBinary<uint>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a, Vector256<uint> b) =>
        TOp.Apply(Short.Cut(a), Short.Cut(b)) | (TOp.Apply(a >>> 16, b >>> 16) << 16);
}

/// <summary>Both halves of three registers by an operation on the lower ones.</summary>
internal readonly struct Packed3<TOp> : ITernary<uint>
    where TOp : struct, ITernary<uint>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a, Vector256<uint> b, Vector256<uint> c) =>
        TOp.Apply(Short.Cut(a), Short.Cut(b), Short.Cut(c)) | (TOp.Apply(a >>> 16, b >>> 16, c >>> 16) << 16);
}

/// <summary>Two floats as two 16-bit ones in a register, the first above.</summary>
internal readonly struct PackNarrow<TFormat, TFinish> : IBinary<uint>
    where TFormat : struct, INarrowFloat
    where TFinish : struct, IFinish
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a, Vector256<uint> b) =>
        TFormat.FromSingle(TFinish.Result(b.AsSingle())) | (TFormat.FromSingle(TFinish.Result(a.AsSingle())) << 16);
}

/// <summary>Magnitudes of both halves.</summary>
internal readonly struct ClearSigns : IUnary<uint>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a) => a & Vector256.Create(0x7FFF7FFFu);
}

/// <summary>Negatives of both halves.</summary>
internal readonly struct FlipSigns : IUnary<uint>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a) => a ^ Vector256.Create(0x80008000u);
}

/// <summary>The negative of the lower half.</summary>
internal readonly struct FlipSign : IUnary<uint>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a) => a ^ Vector256.Create(0x8000u);
}
