using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Kernels.Cache;

/// <summary>The norms that go with a slot.</summary>
internal static unsafe class SlotNorm
{
    /// <summary>The sum of the magnitudes, and the root of the sum of the squares, always in the same order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static (float L1, float L2) Of(float* values, int count)
    {
        Vector128<float> magnitudes = Vector128<float>.Zero, squares = Vector128<float>.Zero;
        int i = 0;
        for (; i <= count - Vector128<float>.Count; i += Vector128<float>.Count)
        {
            Vector128<float> x = Vector128.Load(values + i);
            magnitudes += Vector128.Abs(x);
            squares += x * x;
        }

        float l1 = Simd128.Sum(magnitudes);
        float square = Simd128.Sum(squares);
        for (; i < count; i++)
        {
            l1 += MathF.Abs(values[i]);
            square += values[i] * values[i];
        }

        return (l1, MathF.Sqrt(square));
    }
}
