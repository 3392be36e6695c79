using System;
using System.Numerics;

namespace Winnow.Simulator.Execution.Memory;

/// <summary><c>.add</c> of integers.</summary>
internal readonly struct AtomicAdd<T> : IAtomic<T>
    where T : IBinaryInteger<T>
{
    public static T Apply(T old, T b, T c) => unchecked(old + b);
}

/// <summary><c>.and</c></summary>
internal readonly struct AtomicAnd<T> : IAtomic<T>
    where T : IBinaryInteger<T>
{
    public static T Apply(T old, T b, T c) => old & b;
}

/// <summary><c>.or</c></summary>
internal readonly struct AtomicOr<T> : IAtomic<T>
    where T : IBinaryInteger<T>
{
    public static T Apply(T old, T b, T c) => old | b;
}

/// <summary><c>.xor</c></summary>
internal readonly struct AtomicXor<T> : IAtomic<T>
    where T : IBinaryInteger<T>
{
    public static T Apply(T old, T b, T c) => old ^ b;
}

/// <summary><c>.exch</c></summary>
internal readonly struct AtomicExchange<T> : IAtomic<T>
    where T : IBinaryInteger<T>
{
    public static T Apply(T old, T b, T c) => b;
}

/// <summary><c>.cas</c></summary>
internal readonly struct AtomicSwap<T> : IAtomic<T>
    where T : IBinaryInteger<T>
{
    public static T Apply(T old, T b, T c) => old == b ? c : old;
}

/// <summary><c>.min</c></summary>
internal readonly struct AtomicMin<T> : IAtomic<T>
    where T : IBinaryInteger<T>
{
    public static T Apply(T old, T b, T c) => T.Min(old, b);
}

/// <summary><c>.max</c></summary>
internal readonly struct AtomicMax<T> : IAtomic<T>
    where T : IBinaryInteger<T>
{
    public static T Apply(T old, T b, T c) => T.Max(old, b);
}

/// <summary><c>.inc</c>: counts up to a bound and then from 0.</summary>
internal readonly struct AtomicIncrement<T> : IAtomic<T>
    where T : IBinaryInteger<T>
{
    public static T Apply(T old, T b, T c) => old >= b ? T.Zero : old + T.One;
}

/// <summary><c>.dec</c>: counts down to 0 and then from a bound.</summary>
internal readonly struct AtomicDecrement<T> : IAtomic<T>
    where T : IBinaryInteger<T>
{
    public static T Apply(T old, T b, T c) => old == T.Zero || old > b ? b : old - T.One;
}

/// <summary><c>.add.f32</c></summary>
internal readonly struct AtomicAddSingle : IAtomic<uint>
{
    public static uint Apply(uint old, uint b, uint c)
        => BitConverter.SingleToUInt32Bits(BitConverter.UInt32BitsToSingle(old) + BitConverter.UInt32BitsToSingle(b));
}

/// <summary><c>.add.f64</c></summary>
internal readonly struct AtomicAddDouble : IAtomic<ulong>
{
    public static ulong Apply(ulong old, ulong b, ulong c)
        => BitConverter.DoubleToUInt64Bits(BitConverter.UInt64BitsToDouble(old) + BitConverter.UInt64BitsToDouble(b));
}

/// <summary><c>.add.noftz.f16</c></summary>
internal readonly struct AtomicAddHalf : IAtomic<ushort>
{
    public static ushort Apply(ushort old, ushort b, ushort c)
        => BitConverter.HalfToUInt16Bits(BitConverter.UInt16BitsToHalf(old) + BitConverter.UInt16BitsToHalf(b));
}

/// <summary><c>.add.noftz.bf16</c></summary>
internal readonly struct AtomicAddBrain : IAtomic<ushort>
{
    public static ushort Apply(ushort old, ushort b, ushort c)
    {
        float sum = BitConverter.UInt32BitsToSingle((uint)old << 16) + BitConverter.UInt32BitsToSingle((uint)b << 16);
        uint bits = BitConverter.SingleToUInt32Bits(sum);
        return float.IsNaN(sum) ? (ushort)0x7FFF : (ushort)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
    }
}

/// <summary>Two 16-bit values in one register, each as <typeparamref name="TOp"/> does.</summary>
internal readonly struct AtomicPair<TOp> : IAtomic<uint>
    where TOp : struct, IAtomic<ushort>
{
    public static uint Apply(uint old, uint b, uint c)
        => TOp.Apply((ushort)old, (ushort)b, 0) | ((uint)TOp.Apply((ushort)(old >> 16), (ushort)(b >> 16), 0) << 16);
}
