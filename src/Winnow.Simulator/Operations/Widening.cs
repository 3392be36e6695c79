using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Winnow.Simulator.Execution;

namespace Winnow.Simulator.Operations;

/// <summary>From a 32-bit register to a 64-bit one: eight lanes become two vectors of four.</summary>
internal interface IWiden
{
    static abstract (Vector256<ulong> Lower, Vector256<ulong> Upper) Apply(Vector256<uint> a);
}

/// <summary>From a 64-bit register to a 32-bit one.</summary>
internal interface INarrow
{
    static abstract Vector256<uint> Apply(Vector256<ulong> lower, Vector256<ulong> upper);
}

/// <summary>Applies a widening conversion.</summary>
internal sealed unsafe class Widen<TOp>(int d, int a) : Operation
    where TOp : struct, IWiden
{
    [MethodImpl(Lane.Hot)]
    public override void Execute(Warp warp, uint lanes)
    {
        byte* registers = warp.Registers;
        for (int i = 0; i < 4; i++)
        {
            (Vector256<ulong> lower, Vector256<ulong> upper) = TOp.Apply(Lane.Load<uint>(registers + a + (i * Lane.Step)));
            byte* at = registers + d + (i * 2 * Lane.Step);
            Lane.Store(at, lower, lanes, 2 * i);
            Lane.Store(at + Lane.Step, upper, lanes, (2 * i) + 1);
        }
    }
}

/// <summary>Applies a narrowing conversion.</summary>
internal sealed unsafe class Narrow<TOp>(int d, int a) : Operation
    where TOp : struct, INarrow
{
    [MethodImpl(Lane.Hot)]
    public override void Execute(Warp warp, uint lanes)
    {
        byte* registers = warp.Registers;
        for (int i = 0; i < 4; i++)
        {
            byte* at = registers + a + (i * 2 * Lane.Step);
            Vector256<uint> value = TOp.Apply(Lane.Load<ulong>(at), Lane.Load<ulong>(at + Lane.Step));
            Lane.Store(registers + d + (i * Lane.Step), value, lanes, i);
        }
    }
}

/// <summary>64-bit products of 32-bit registers, with a 64-bit addend where there is one (<c>mul.wide</c>, <c>mad.wide</c>).</summary>
/// <typeparam name="TExtend">How the factors are widened.</typeparam>
internal sealed unsafe class WideProduct<TExtend>(int d, int a, int b, int? c) : Operation
    where TExtend : struct, IWiden
{
    private readonly int _c = c ?? 0;
    private readonly bool _adds = c.HasValue;

    [MethodImpl(Lane.Hot)]
    public override void Execute(Warp warp, uint lanes)
    {
        byte* registers = warp.Registers;
        for (int i = 0; i < 4; i++)
        {
            (Vector256<ulong> a0, Vector256<ulong> a1) = TExtend.Apply(Lane.Load<uint>(registers + a + (i * Lane.Step)));
            (Vector256<ulong> b0, Vector256<ulong> b1) = TExtend.Apply(Lane.Load<uint>(registers + b + (i * Lane.Step)));
            Put(registers + (i * 2 * Lane.Step), Product(a0, b0), lanes, 2 * i);
            Put(registers + (((i * 2) + 1) * Lane.Step), Product(a1, b1), lanes, (2 * i) + 1);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Product(Vector256<ulong> a, Vector256<ulong> b) => typeof(TExtend) == typeof(SignExtend)
        ? VectorMath.MultiplyEven(a.AsInt32(), b.AsInt32()).AsUInt64()
        : VectorMath.MultiplyEven(a.AsUInt32(), b.AsUInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Put(byte* at, Vector256<ulong> product, uint lanes, int index)
    {
        if (_adds)
        {
            product += Lane.Load<ulong>(at + _c);
        }

        Lane.Store(at + d, product, lanes, index);
    }
}

/// <summary>A 64-bit register shifted by a 32-bit one.</summary>
internal sealed unsafe class WideShift<TOp>(int d, int a, int count) : Operation
    where TOp : struct, IBinary<ulong>
{
    [MethodImpl(Lane.Hot)]
    public override void Execute(Warp warp, uint lanes)
    {
        byte* registers = warp.Registers;
        for (int i = 0; i < 4; i++)
        {
            (Vector256<ulong> lower, Vector256<ulong> upper) = Vector256.Widen(Lane.Load<uint>(registers + count + (i * Lane.Step)));
            byte* at = registers + (i * 2 * Lane.Step);
            Lane.Store(at + d, TOp.Apply(Lane.Load<ulong>(at + a), lower), lanes, 2 * i);
            Lane.Store(at + d + Lane.Step, TOp.Apply(Lane.Load<ulong>(at + a + Lane.Step), upper), lanes, (2 * i) + 1);
        }
    }
}

/// <summary>Zeros above.</summary>
internal readonly struct ZeroExtend : IWiden
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<ulong> Lower, Vector256<ulong> Upper) Apply(Vector256<uint> a) => Vector256.Widen(a);
}

/// <summary>The sign above.</summary>
internal readonly struct SignExtend : IWiden
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<ulong> Lower, Vector256<ulong> Upper) Apply(Vector256<uint> a)
    {
        (Vector256<long> lower, Vector256<long> upper) = Vector256.Widen(a.AsInt32());
        return (lower.AsUInt64(), upper.AsUInt64());
    }
}

/// <summary>The lower half of each lane.</summary>
internal readonly struct Truncate : INarrow
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<ulong> lower, Vector256<ulong> upper) => Vector256.Narrow(lower, upper);
}

/// <summary>The upper half of each lane.</summary>
internal readonly struct UpperHalf : INarrow
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<ulong> lower, Vector256<ulong> upper) => Vector256.Narrow(lower >>> 32, upper >>> 32);
}
