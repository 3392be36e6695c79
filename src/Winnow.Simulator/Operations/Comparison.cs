using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Winnow.Simulator.Execution;

namespace Winnow.Simulator.Operations;

/// <summary>A comparison, as a mask.</summary>
internal interface ICompare<T>
    where T : unmanaged
{
    static abstract Vector256<T> Apply(Vector256<T> a, Vector256<T> b);
}

/// <summary>How the outcome is combined with a predicate.</summary>
internal enum PredicateCombination
{
    None,
    And,
    Or,
    Xor,
}

/// <summary>Where the outcomes of a comparison go.</summary>
/// <param name="P">Takes the outcome.</param>
/// <param name="Q">Takes its complement.</param>
/// <param name="IsInverted">True where the complement of the comparison is meant.</param>
/// <param name="Combination">What both are combined with <paramref name="C"/> by.</param>
/// <param name="C">The other predicate.</param>
internal sealed record ComparisonTarget(PredicateSlot P, PredicateSlot Q, bool IsInverted, PredicateCombination Combination, PredicateSlot C)
{
    /// <summary>For <c>set</c>: where the value goes that stands for the outcome; below 0 for <c>setp</c>.</summary>
    public int Value { get; init; } = -1;

    /// <summary>For <c>set</c>: what stands for true.</summary>
    public uint True { get; init; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe void Write(byte* registers, uint bits, uint lanes)
    {
        if (IsInverted)
        {
            bits = ~bits;
        }

        uint complement = ~bits;
        if (Combination != PredicateCombination.None)
        {
            uint c = C.Read(registers);
            bits = Combine(bits, c);
            complement = Combine(complement, c);
        }

        P.Write(registers, bits, lanes);
        Q.Write(registers, complement, lanes);
        if (Value >= 0)
        {
            WriteValue(registers + Value, bits, lanes);
        }
    }

    private uint Combine(uint bits, uint c) => Combination switch
    {
        PredicateCombination.And => bits & c,
        PredicateCombination.Or => bits | c,
        _ => bits ^ c,
    };

    private unsafe void WriteValue(byte* at, uint bits, uint lanes)
    {
        for (int i = 0; i < sizeof(uint); i++, at += Lane.Step)
        {
            Lane.Store(at, Lane.Mask<uint>(bits, i) & Vector256.Create(True), lanes, i);
        }
    }
}

/// <summary>Compares the lanes of two registers.</summary>
internal sealed unsafe class Comparison<T, TOp>(ComparisonTarget target, int a, int b) : Operation
    where T : unmanaged
    where TOp : struct, ICompare<T>
{
    [MethodImpl(Lane.Hot)]
    public override void Execute(Warp warp, uint lanes)
    {
        byte* registers = warp.Registers;
        uint bits = 0;
        for (int i = 0; i < sizeof(T); i++)
        {
            int at = i * Lane.Step;
            bits |= Lane.Bits(TOp.Apply(Lane.Load<T>(registers + a + at), Lane.Load<T>(registers + b + at)), i);
        }

        target.Write(registers, bits, lanes);
    }
}

internal readonly struct Equal<T> : ICompare<T>
    where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => Vector256.Equals(a, b);
}

internal readonly struct Less<T> : ICompare<T>
    where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => Vector256.LessThan(a, b);
}

internal readonly struct LessOrEqual<T> : ICompare<T>
    where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => Vector256.LessThanOrEqual(a, b);
}

/// <summary>Less or greater, so false for NaN.</summary>
internal readonly struct Different<T> : ICompare<T>
    where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => Vector256.LessThan(a, b) | Vector256.GreaterThan(a, b);
}

/// <summary>Neither is NaN.</summary>
internal readonly struct Ordered<T> : ICompare<T>
    where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Apply(Vector256<T> a, Vector256<T> b) => Vector256.Equals(a, a) & Vector256.Equals(b, b);
}

/// <summary>Signed 16-bit integers.</summary>
internal readonly struct ShortCompare<TOp> : ICompare<uint>
    where TOp : struct, ICompare<int>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a, Vector256<uint> b) =>
        TOp.Apply(Short.Sign(a).AsInt32(), Short.Sign(b).AsInt32()).AsUInt32();
}

/// <summary>Floats whose subnormal numbers count as zero.</summary>
internal readonly struct FlushingCompare<TOp> : ICompare<float>
    where TOp : struct, ICompare<float>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b) => TOp.Apply(SingleFloat.Flush(a), SingleFloat.Flush(b));
}

/// <summary>16-bit floats in the lower halves.</summary>
internal readonly struct NarrowCompare<TFormat, TOp> : ICompare<uint>
    where TFormat : struct, INarrowFloat
    where TOp : struct, ICompare<float>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a, Vector256<uint> b) =>
        TOp.Apply(TFormat.ToSingle(a), TFormat.ToSingle(b)).AsUInt32();
}

/// <summary>The upper halves.</summary>
internal readonly struct UpperCompare<TOp> : ICompare<uint>
    where TOp : struct, ICompare<uint>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a, Vector256<uint> b) => TOp.Apply(a >>> 16, b >>> 16);
}
