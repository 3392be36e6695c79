using System.Runtime.CompilerServices;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>The functions on the gate, lane by lane: a result does not depend on its place in the vector.</summary>
internal static class Activate<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    // 0.5 (1 + tanh(u)) is the sigmoid of 2u.
    private const float TwiceRootTwoOverPi = 1.5957691216f;

    /// <summary>Applies the function.</summary>
    /// <param name="activation">Which.</param>
    /// <param name="x">The gate.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Apply(Activation activation, TVector x)
    {
        TVector exponent = x;
        if (activation == Activation.GeluTanh)
        {
            TVector square = TLanes.Multiply(x, x);
            TVector inner = TLanes.MultiplyAdd(TLanes.Broadcast(0.044715f), square, TLanes.Broadcast(1));
            exponent = TLanes.Multiply(TLanes.Broadcast(TwiceRootTwoOverPi), TLanes.Multiply(x, inner));
        }

        TVector one = TLanes.Broadcast(1);
        return TLanes.Divide(x, TLanes.Add(one, Exp(TLanes.Subtract(TLanes.Broadcast(0), exponent))));
    }

    // e^x = 2^n e^r with |r| <= ln(2) / 2; a Taylor polynomial of degree 7 there is within an ulp. Past +-87 the value is held.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Exp(TVector x)
    {
        // 1.5 * 2^23: adding it leaves the nearest integer in the low bits.
        TVector magic = TLanes.Broadcast(12582912f);
        x = TLanes.Max(TLanes.Broadcast(-87), TLanes.Min(TLanes.Broadcast(87), x));
        TVector shifted = TLanes.MultiplyAdd(x, TLanes.Broadcast(1.44269504f), magic);
        TVector n = TLanes.Subtract(shifted, magic);
        TVector r = TLanes.MultiplyAdd(n, TLanes.Broadcast(-0.693359375f), x);
        r = TLanes.MultiplyAdd(n, TLanes.Broadcast(2.12194440e-4f), r);
        TVector p = TLanes.Broadcast(1f / 5040);
        p = TLanes.MultiplyAdd(p, r, TLanes.Broadcast(1f / 720));
        p = TLanes.MultiplyAdd(p, r, TLanes.Broadcast(1f / 120));
        p = TLanes.MultiplyAdd(p, r, TLanes.Broadcast(1f / 24));
        p = TLanes.MultiplyAdd(p, r, TLanes.Broadcast(1f / 6));
        p = TLanes.MultiplyAdd(p, r, TLanes.Broadcast(0.5f));
        p = TLanes.MultiplyAdd(p, r, TLanes.Broadcast(1));
        p = TLanes.MultiplyAdd(p, r, TLanes.Broadcast(1));
        return TLanes.AddToExponent(p, shifted);
    }
}
