using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Winnow.Simulator.Execution;

namespace Winnow.Simulator.Operations;

internal readonly struct IntegerToSingle : IUnary<uint>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a) => Vector256.ConvertToSingle(a.AsInt32()).AsUInt32();
}

internal readonly struct UnsignedToSingle : IUnary<uint>
{
    // The halves convert exactly, so that only the sum rounds.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a)
    {
        Vector256<float> upper = Vector256.ConvertToSingle((a >>> 16).AsInt32()) * Vector256.Create(65536f);
        return (upper + Vector256.ConvertToSingle(Short.Cut(a).AsInt32())).AsUInt32();
    }
}

/// <summary>Too large a number becomes the largest integer, NaN 0.</summary>
internal readonly struct SingleToInteger<TRound> : IUnary<uint>
    where TRound : struct, IUnary<float>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a) => Vector256.ConvertToInt32(TRound.Apply(a.AsSingle())).AsUInt32();
}

/// <summary>Too large a number becomes the largest integer, a negative one and NaN 0.</summary>
internal readonly struct SingleToUnsigned<TRound> : IUnary<uint>
    where TRound : struct, IUnary<float>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a)
    {
        Vector256<float> whole = TRound.Apply(a.AsSingle());
        Vector256<float> half = Vector256.Create(2147483648f);
        Vector256<float> isLarge = Vector256.GreaterThanOrEqual(whole, half);
        Vector256<float> positive = whole & Vector256.GreaterThan(whole, Vector256<float>.Zero);
        Vector256<uint> low = Vector256.ConvertToInt32(positive - (half & isLarge)).AsUInt32() + (isLarge.AsUInt32() & Vector256.Create(0x80000000u));
        Vector256<uint> isTooLarge = Vector256.GreaterThanOrEqual(whole, Vector256.Create(4294967296f)).AsUInt32();
        return low | isTooLarge;
    }
}

internal readonly struct NarrowToSingle<TFormat> : IUnary<uint>
    where TFormat : struct, INarrowFloat
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a) => SingleFloat.Canonical(TFormat.ToSingle(a)).AsUInt32();
}

internal readonly struct SingleToNarrow<TFormat> : IUnary<uint>
    where TFormat : struct, INarrowFloat
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a) => TFormat.FromSingle(a.AsSingle());
}

/// <summary>To the nearest number of 10 fraction bits, on a tie away from zero.</summary>
internal readonly struct SingleToTensor : IUnary<uint>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a)
    {
        Vector256<uint> rounded = (a + Vector256.Create(0x1000u)) & Vector256.Create(0xFFFFE000u);
        return Vector256.ConditionalSelect(Vector256.Equals(a.AsSingle(), a.AsSingle()).AsUInt32(), rounded, Vector256.Create(0x7FFFFFFFu));
    }
}

internal readonly struct SingleToDouble : IWiden
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<ulong> Lower, Vector256<ulong> Upper) Apply(Vector256<uint> a)
    {
        (Vector256<double> lower, Vector256<double> upper) = Vector256.Widen(a.AsSingle());
        return (lower.AsUInt64(), upper.AsUInt64());
    }
}

internal readonly struct DoubleToSingle : INarrow
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<ulong> lower, Vector256<ulong> upper) =>
        SingleFloat.Canonical(Vector256.Narrow(lower.AsDouble(), upper.AsDouble())).AsUInt32();
}

internal readonly struct IntegerToDouble : IWiden
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<ulong> Lower, Vector256<ulong> Upper) Apply(Vector256<uint> a)
    {
        (Vector256<long> lower, Vector256<long> upper) = Vector256.Widen(a.AsInt32());
        return (Vector256.ConvertToDouble(lower).AsUInt64(), Vector256.ConvertToDouble(upper).AsUInt64());
    }
}

internal readonly struct UnsignedToDouble : IWiden
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<ulong> Lower, Vector256<ulong> Upper) Apply(Vector256<uint> a)
    {
        (Vector256<ulong> lower, Vector256<ulong> upper) = Vector256.Widen(a);
        return (Vector256.ConvertToDouble(lower.AsInt64()).AsUInt64(), Vector256.ConvertToDouble(upper.AsInt64()).AsUInt64());
    }
}

/// <summary>Extends the lower <c>32 - shift</c> bits of each lane, then keeps those of the mask.</summary>
internal sealed unsafe class Extension(int d, int a, int shift, bool isSigned, uint mask) : Operation
{
    [MethodImpl(Lane.Hot)]
    public override void Execute(Warp warp, uint lanes)
    {
        byte* registers = warp.Registers;
        for (int i = 0; i < sizeof(uint); i++, registers += Lane.Step)
        {
            Lane.Store(registers + d, Apply(Lane.Load<uint>(registers + a), shift, isSigned) & Vector256.Create(mask), lanes, i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> value, int shift, bool isSigned)
    {
        Vector256<uint> upper = value << shift;
        return isSigned ? (upper.AsInt32() >> shift).AsUInt32() : upper >>> shift;
    }
}

/// <summary>Extends the lower <c>32 - shift</c> bits of each lane to 64.</summary>
internal sealed unsafe class ExtensionToWide(int d, int a, int shift, bool isSigned) : Operation
{
    [MethodImpl(Lane.Hot)]
    public override void Execute(Warp warp, uint lanes)
    {
        byte* registers = warp.Registers;
        for (int i = 0; i < sizeof(uint); i++)
        {
            Vector256<uint> value = Extension.Apply(Lane.Load<uint>(registers + a + (i * Lane.Step)), shift, isSigned);
            (Vector256<ulong> lower, Vector256<ulong> upper) = isSigned ? SignExtend.Apply(value) : ZeroExtend.Apply(value);
            byte* at = registers + d + (i * 2 * Lane.Step);
            Lane.Store(at, lower, lanes, 2 * i);
            Lane.Store(at + Lane.Step, upper, lanes, (2 * i) + 1);
        }
    }
}

/// <summary>Extends the lower <c>32 - shift</c> bits of each lane, and makes a float of them.</summary>
internal sealed unsafe class ExtensionToSingle(int d, int a, int shift, bool isSigned) : Operation
{
    [MethodImpl(Lane.Hot)]
    public override void Execute(Warp warp, uint lanes)
    {
        byte* registers = warp.Registers;
        for (int i = 0; i < sizeof(uint); i++, registers += Lane.Step)
        {
            Vector256<uint> value = Extension.Apply(Lane.Load<uint>(registers + a), shift, isSigned);
            Lane.Store(registers + d, Vector256.ConvertToSingle(value.AsInt32()), lanes, i);
        }
    }
}
