using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>Products of bytes on any processor, as products of 32-bit integers.</summary>
internal readonly unsafe struct PlainDot : IByteDot
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add(Vector256<int> sums, Vector256<byte> weights, Vector256<sbyte> inputs)
    {
        Vector256<int> w = weights.AsInt32();
        Vector256<int> x = inputs.AsInt32();
        Vector256<int> mask = Vector256.Create(255);
        sums += (w & mask) * ((x << 24) >> 24);
        sums += ((w >>> 8) & mask) * ((x << 16) >> 24);
        sums += ((w >>> 16) & mask) * ((x << 8) >> 24);
        return sums + ((w >>> 24) * (x >> 24));
    }

    /// <inheritdoc/>
    public static Vector256<int> Totals(
        Vector256<int> a, Vector256<int> b, Vector256<int> c, Vector256<int> d, Vector256<int> e, Vector256<int> f, Vector256<int> g, Vector256<int> h) =>
        Vector256.Create(
            Vector256.Sum(a), Vector256.Sum(b), Vector256.Sum(c), Vector256.Sum(d), Vector256.Sum(e), Vector256.Sum(f), Vector256.Sum(g), Vector256.Sum(h));

    /// <inheritdoc/>
    public static void Turn(
        Vector256<int> a,
        Vector256<int> b,
        Vector256<int> c,
        Vector256<int> d,
        Vector256<int> e,
        Vector256<int> f,
        Vector256<int> g,
        Vector256<int> h,
        byte* output,
        nint stride)
    {
        for (int i = 0; i < Vector256<int>.Count; i++)
        {
            Vector256.Create(a[i], b[i], c[i], d[i], e[i], f[i], g[i], h[i]).AsByte().Store(output + (i * stride));
        }
    }
}
