using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Simulator.Operations;

/// <summary>The sums of <c>wgmma</c>: four neighbouring columns of a row are computed as one, in double, which holds the sums of integers exactly.</summary>
internal unsafe interface IProductSum
{
    /// <summary>The four sums of a row as they were.</summary>
    static abstract Vector256<double> Start(float* sums);

    /// <summary>Writes those of two rows.</summary>
    static abstract void Store(Vector256<double> upper, Vector256<double> lower, float* sums);
}

/// <summary>Floats, cut towards zero.</summary>
internal readonly unsafe struct FloatSum : IProductSum
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Start(float* sums) => VectorMath.Widen(Vector128.Load(sums));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<double> upper, Vector256<double> lower, float* sums)
    {
        Vector256<double> kept = Vector256.Create(0xFFFFFFFFE0000000).AsDouble();
        SingleFloat.Canonical(Vector256.Create(VectorMath.Narrow(upper & kept), VectorMath.Narrow(lower & kept))).Store(sums);
    }
}

/// <summary>Integers that wrap around.</summary>
internal readonly unsafe struct IntegerSum : IProductSum
{
    public static Vector256<double> Start(float* sums)
    {
        (Vector128<long> lower, Vector128<long> upper) = Vector128.Widen(Vector128.Load((int*)sums));
        return Vector256.ConvertToDouble(Vector256.Create(lower, upper));
    }

    public static void Store(Vector256<double> upper, Vector256<double> lower, float* sums)
        => Vector256.Narrow(Vector256.ConvertToInt64(upper), Vector256.ConvertToInt64(lower)).Store((int*)sums);
}

/// <summary>Integers that stop at the largest and the smallest: <c>.satfinite</c>.</summary>
internal readonly unsafe struct BoundedSum : IProductSum
{
    public static Vector256<double> Start(float* sums) => IntegerSum.Start(sums);

    public static void Store(Vector256<double> upper, Vector256<double> lower, float* sums) => IntegerSum.Store(Bound(upper), Bound(lower), sums);

    private static Vector256<double> Bound(Vector256<double> sums)
        => Vector256.Min(Vector256.Max(sums, Vector256.Create((double)int.MinValue)), Vector256.Create((double)int.MaxValue));
}
