using System.Runtime.CompilerServices;

namespace Winnow.Kernels;

/// <summary>Functions that the kernels need on whole vectors. The same lane gives the same bits at every width.</summary>
internal static class VectorMath
{
    // A little inside the normal numbers, so that nothing on the way is subnormal either.
    private const float LeastArgument = -87.3f;

    /// <summary>
    /// e to the power of <paramref name="x"/>, within 2 units in the last place; below -87.3 (1.2e-38) it is 0;
    /// too much gives infinity, NaN stays NaN.
    /// </summary>
    /// <remarks>
    /// Processors take a hundred times as long over subnormal numbers, and a hidden slot's weight of nothing would be made of them. x = n ln 2 + r; the Taylor series of e^r to the seventh term errs by less than 0.05 units; then times 2^n.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Exp<TSimd, TVector>(TVector x)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        // Past these ends the result is 0 or infinity, and n stays within what Scale takes.
        TVector clamped = TSimd.Min(TSimd.Max(x, TSimd.Broadcast(LeastArgument)), TSimd.Broadcast(89f));
        TVector n = TSimd.Round(TSimd.Multiply(clamped, TSimd.Broadcast(1.44269504f)));

        // ln 2 in two parts: the first has so few bits that n times it is exact.
        TVector r = TSimd.FusedMultiplyAdd(n, TSimd.Broadcast(-0.693359375f), clamped);
        r = TSimd.FusedMultiplyAdd(n, TSimd.Broadcast(2.12194440e-4f), r);
        TVector p = TSimd.FusedMultiplyAdd(TSimd.Broadcast(1f / 5040), r, TSimd.Broadcast(1f / 720));
        p = TSimd.FusedMultiplyAdd(p, r, TSimd.Broadcast(1f / 120));
        p = TSimd.FusedMultiplyAdd(p, r, TSimd.Broadcast(1f / 24));
        p = TSimd.FusedMultiplyAdd(p, r, TSimd.Broadcast(1f / 6));
        p = TSimd.FusedMultiplyAdd(p, r, TSimd.Broadcast(0.5f));
        p = TSimd.FusedMultiplyAdd(p, TSimd.Multiply(r, r), r);
        p = TSimd.Add(p, TSimd.Broadcast(1f));
        p = TSimd.Scale(p, n);
        p = TSimd.WhereLess(x, TSimd.Broadcast(LeastArgument), TSimd.Broadcast(0f), p);
        return TSimd.KeepNaN(x, p);
    }

    /// <summary>The hyperbolic tangent, within 3 units in the last place; NaN stays NaN.</summary>
    /// <remarks>Below 0.65 an odd polynomial fitted at Chebyshev nodes; above, 1 - 2 / (e^(2x) + 1), where nothing cancels.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Tanh<TSimd, TVector>(TVector x)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        TVector magnitude = TSimd.Abs(x);
        TVector one = TSimd.Broadcast(1f);
        TVector power = Exp<TSimd, TVector>(TSimd.Add(magnitude, magnitude));
        TVector large = TSimd.Subtract(one, TSimd.Divide(TSimd.Broadcast(2f), TSimd.Add(power, one)));
        TVector z = TSimd.Multiply(magnitude, magnitude);
        TVector p = TSimd.FusedMultiplyAdd(TSimd.Broadcast(2.2149028e-3f), z, TSimd.Broadcast(-8.2724568e-3f));
        p = TSimd.FusedMultiplyAdd(p, z, TSimd.Broadcast(2.1746187e-2f));
        p = TSimd.FusedMultiplyAdd(p, z, TSimd.Broadcast(-5.3956349e-2f));
        p = TSimd.FusedMultiplyAdd(p, z, TSimd.Broadcast(1.3333291e-1f));
        p = TSimd.FusedMultiplyAdd(p, z, TSimd.Broadcast(-3.3333333e-1f));
        TVector small = TSimd.FusedMultiplyAdd(TSimd.Multiply(p, z), magnitude, magnitude);
        TVector result = TSimd.WhereLess(magnitude, TSimd.Broadcast(0.65f), small, large);
        return TSimd.KeepNaN(x, TSimd.CopySign(result, x));
    }

    /// <summary>The error function, within 2 units in the last place; NaN stays NaN.</summary>
    /// <remarks>Below 475 / 512 an odd polynomial; above, 1 - e^p(x) with p fitted to log(1 - erf).</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Erf<TSimd, TVector>(TVector x)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        TVector magnitude = TSimd.Abs(x);
        TVector z = TSimd.Multiply(x, x);
        TVector p = TSimd.FusedMultiplyAdd(TSimd.Broadcast(-1.72853470e-5f), magnitude, TSimd.Broadcast(3.83197126e-4f));
        TVector q = TSimd.FusedMultiplyAdd(TSimd.Broadcast(-3.88396438e-3f), magnitude, TSimd.Broadcast(2.42546219e-2f));
        p = TSimd.FusedMultiplyAdd(p, z, q);
        p = TSimd.FusedMultiplyAdd(p, magnitude, TSimd.Broadcast(-1.06777877e-1f));
        p = TSimd.FusedMultiplyAdd(p, magnitude, TSimd.Broadcast(-6.34846687e-1f));
        p = TSimd.FusedMultiplyAdd(p, magnitude, TSimd.Broadcast(-1.28717512e-1f));
        p = TSimd.Subtract(TSimd.Multiply(p, magnitude), magnitude);
        TVector large = TSimd.Subtract(TSimd.Broadcast(1f), Exp<TSimd, TVector>(p));
        TVector r = TSimd.FusedMultiplyAdd(TSimd.Broadcast(-5.96761703e-4f), z, TSimd.Broadcast(4.99119423e-3f));
        r = TSimd.FusedMultiplyAdd(r, z, TSimd.Broadcast(-2.67681349e-2f));
        r = TSimd.FusedMultiplyAdd(r, z, TSimd.Broadcast(1.12819925e-1f));
        r = TSimd.FusedMultiplyAdd(r, z, TSimd.Broadcast(-3.76125336e-1f));
        r = TSimd.FusedMultiplyAdd(r, z, TSimd.Broadcast(1.28379166e-1f));
        TVector small = TSimd.FusedMultiplyAdd(r, magnitude, magnitude);
        TVector result = TSimd.WhereLess(magnitude, TSimd.Broadcast(0.927734375f), small, large);
        return TSimd.KeepNaN(x, TSimd.CopySign(result, x));
    }
}
