using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Simulator.Operations;

internal readonly struct Copy<T> : IUnary<T>
    where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a) => a;
}

internal readonly struct Complement<T> : IUnary<T>
    where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a) => ~a;
}

internal readonly struct Negate<T> : IUnary<T>
    where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a) => -a;
}

internal readonly struct Absolute<T> : IUnary<T>
    where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a) => Vector256.Abs(a);
}

/// <summary>Logical not: 1 for 0, 0 for all else.</summary>
internal readonly struct IsZero<T> : IUnary<T>
    where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a) => Vector256.Equals(a, Vector256<T>.Zero) & Vector256<T>.One;
}

internal readonly struct Add<T> : IBinary<T>
    where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => a + b;
}

internal readonly struct Subtract<T> : IBinary<T>
    where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => a - b;
}

internal readonly struct Multiply<T> : IBinary<T>
    where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => a * b;
}

/// <summary>The lower half of a product, and a sum.</summary>
internal readonly struct MultiplyAdd<T> : ITernary<T>
    where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b, Vector256<T> c) => (a * b) + c;
}

internal readonly struct MultiplyHigh : IBinary<uint>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a, Vector256<uint> b) => VectorMath.MultiplyHigh(a, b);
}

internal readonly struct MultiplyHighSigned : IBinary<uint>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a, Vector256<uint> b) => VectorMath.MultiplyHigh(a.AsInt32(), b.AsInt32()).AsUInt32();
}

/// <summary>A product by <typeparamref name="TOp"/>, and a sum.</summary>
internal readonly struct ThenAdd<TOp> : ITernary<uint>
    where TOp : struct, IBinary<uint>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a, Vector256<uint> b, Vector256<uint> c) => TOp.Apply(a, b) + c;
}

internal readonly struct Minimum<T> : IBinary<T>
    where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => Vector256.Min(a, b);
}

internal readonly struct Maximum<T> : IBinary<T>
    where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => Vector256.Max(a, b);
}

internal readonly struct And<T> : IBinary<T>
    where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => a & b;
}

internal readonly struct Or<T> : IBinary<T>
    where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => a | b;
}

internal readonly struct Xor<T> : IBinary<T>
    where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => a ^ b;
}

internal readonly struct ShiftLeft : IBinary<uint>, IBinary<ulong>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a, Vector256<uint> b) => VectorMath.ShiftLeft(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Apply(Vector256<ulong> a, Vector256<ulong> b) => VectorMath.ShiftLeft(a, b);
}

internal readonly struct ShiftRight : IBinary<uint>, IBinary<ulong>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a, Vector256<uint> b) => VectorMath.ShiftRight(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Apply(Vector256<ulong> a, Vector256<ulong> b) => VectorMath.ShiftRight(a, b);
}

internal readonly struct ShiftRightSigned : IBinary<uint>, IBinary<ulong>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a, Vector256<uint> b) => VectorMath.ShiftRightSigned(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Apply(Vector256<ulong> a, Vector256<ulong> b) => VectorMath.ShiftRightSigned(a, b);
}
