using System;
using System.Runtime.CompilerServices;
using Winnow.Kernels.Linear;

namespace Winnow.Kernels.Norm;

/// <summary>Functions of single values over a run of them: a value's result does not depend on its place.</summary>
internal static unsafe class ElementFunctions<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    // 0.5 (1 + tanh(u)) is the sigmoid of 2u.
    private const float TwiceRootTwoOverPi = 1.5957691216f;
    private const float RootHalf = 0.70710678f;

    private interface IFunction
    {
        TVector Of(TVector x);
    }

    /// <summary>values = cap * tanh(values / cap).</summary>
    public static void SoftCap(float* values, float cap, int count) => Apply(values, count, new Capped(cap));

    /// <summary>values = activation(values).</summary>
    public static void Activate(float* values, Activation activation, int count)
    {
        switch (activation)
        {
            case Activation.Silu:
                Apply(values, count, default(Silu));
                break;
            case Activation.GeluTanh:
                Apply(values, count, default(GeluTanh));
                break;
            case Activation.Gelu:
                Apply(values, count, default(Gelu));
                break;
            default:
                Apply(values, count, default(Relu));
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Apply<TFunction>(float* values, int count, TFunction function)
        where TFunction : struct, IFunction
    {
        int i = 0;
        for (; i <= count - TSimd.Count; i += TSimd.Count)
        {
            TSimd.Store(values + i, function.Of(TSimd.Load(values + i)));
        }

        if (i < count)
        {
            // The rest goes through a full vector as well.
            float* rest = stackalloc float[16];
            new Span<float>(rest, 16).Clear();
            new ReadOnlySpan<float>(values + i, count - i).CopyTo(new Span<float>(rest, 16));
            TSimd.Store(rest, function.Of(TSimd.Load(rest)));
            new ReadOnlySpan<float>(rest, count - i).CopyTo(new Span<float>(values + i, count - i));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector OverOnePlusExp(TVector x, TVector exponent)
    {
        TVector power = VectorMath.Exp<TSimd, TVector>(TSimd.Subtract(TSimd.Broadcast(0f), exponent));
        return TSimd.Divide(x, TSimd.Add(TSimd.Broadcast(1f), power));
    }

    private readonly struct Capped(float cap) : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector Of(TVector x)
        {
            TVector bound = TSimd.Broadcast(cap);
            return TSimd.Multiply(VectorMath.Tanh<TSimd, TVector>(TSimd.Divide(x, bound)), bound);
        }
    }

    private readonly struct Silu : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector Of(TVector x) => OverOnePlusExp(x, x);
    }

    private readonly struct GeluTanh : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector Of(TVector x)
        {
            TVector inner = TSimd.FusedMultiplyAdd(TSimd.Multiply(TSimd.Broadcast(0.044715f), x), x, TSimd.Broadcast(1f));
            return OverOnePlusExp(x, TSimd.Multiply(TSimd.Multiply(TSimd.Broadcast(TwiceRootTwoOverPi), x), inner));
        }
    }

    private readonly struct Gelu : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector Of(TVector x)
        {
            TVector error = VectorMath.Erf<TSimd, TVector>(TSimd.Multiply(x, TSimd.Broadcast(RootHalf)));
            TVector half = TSimd.Multiply(x, TSimd.Broadcast(0.5f));
            return TSimd.FusedMultiplyAdd(half, error, half);
        }
    }

    private readonly struct Relu : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector Of(TVector x) => TSimd.WhereLess(x, TSimd.Broadcast(0f), TSimd.Broadcast(0f), x);
    }
}
