using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Simulator.Operations;

/// <summary>16-bit operations by 32-bit ones: the operands are extended, and the result is cut to 16 bits.</summary>
internal static class Short
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Sign(Vector256<uint> a) => ((a.AsInt32() << 16) >> 16).AsUInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Cut(Vector256<uint> a) => a & Vector256.Create(0xFFFFu);
}

internal readonly struct UnsignedShort<TOp> : IUnary<uint>
    where TOp : struct, IUnary<uint>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a) => Short.Cut(TOp.Apply(a));
}

internal readonly struct SignedShort<TOp> : IUnary<uint>
    where TOp : struct, IUnary<int>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a) => Short.Cut(TOp.Apply(Short.Sign(a).AsInt32()).AsUInt32());
}

internal readonly struct UnsignedShort2<TOp> : IBinary<uint>
    where TOp : struct, IBinary<uint>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a, Vector256<uint> b) => Short.Cut(TOp.Apply(a, b));
}

internal readonly struct SignedShort2<TOp> : IBinary<uint>
    where TOp : struct, IBinary<int>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a, Vector256<uint> b) =>
        Short.Cut(TOp.Apply(Short.Sign(a).AsInt32(), Short.Sign(b).AsInt32()).AsUInt32());
}

internal readonly struct UnsignedShort3<TOp> : ITernary<uint>
    where TOp : struct, ITernary<uint>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a, Vector256<uint> b, Vector256<uint> c) => Short.Cut(TOp.Apply(a, b, c));
}

/// <summary>An arithmetic shift of 16 bits; the count stays as it is.</summary>
internal readonly struct ShortShiftRightSigned : IBinary<uint>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a, Vector256<uint> b) => Short.Cut(VectorMath.ShiftRightSigned(Short.Sign(a), b));
}

/// <summary>The 32-bit product of signed 16-bit factors.</summary>
internal readonly struct ShortProduct : IBinary<uint>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a, Vector256<uint> b) => Short.Sign(a) * Short.Sign(b);
}

/// <summary>The 32-bit product of unsigned 16-bit factors.</summary>
internal readonly struct UnsignedShortProduct : IBinary<uint>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a, Vector256<uint> b) => Short.Cut(a) * Short.Cut(b);
}

/// <summary>Two 16-bit registers as one of 32 bits.</summary>
internal readonly struct PackShorts : IBinary<uint>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a, Vector256<uint> b) => Short.Cut(a) | (b << 16);
}

/// <summary>The lower 16 bits.</summary>
internal readonly struct LowerShort : IUnary<uint>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a) => Short.Cut(a);
}

/// <summary>The upper 16 bits.</summary>
internal readonly struct UpperShort : IUnary<uint>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a) => a >>> 16;
}
