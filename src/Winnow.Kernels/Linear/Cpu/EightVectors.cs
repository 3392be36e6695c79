using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>What is done with vectors of eight rows at once, by the instructions of a <see cref="IByteDot"/>.</summary>
internal static unsafe class EightVectors
{
    /// <summary>Adds up each of eight vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Totals<TDot>(
        Vector256<int> a, Vector256<int> b, Vector256<int> c, Vector256<int> d, Vector256<int> e, Vector256<int> f, Vector256<int> g, Vector256<int> h)
        where TDot : struct, IByteDot
    {
        if (!TDot.HasAvx2)
        {
            return Vector256.Create(
                Vector256.Sum(a), Vector256.Sum(b), Vector256.Sum(c), Vector256.Sum(d), Vector256.Sum(e), Vector256.Sum(f), Vector256.Sum(g), Vector256.Sum(h));
        }

        // Halves of a to d and of e to h, then both halves of all eight.
        Vector256<int> first = Avx2.HorizontalAdd(Avx2.HorizontalAdd(a, b), Avx2.HorizontalAdd(c, d));
        Vector256<int> second = Avx2.HorizontalAdd(Avx2.HorizontalAdd(e, f), Avx2.HorizontalAdd(g, h));
        return Avx2.Add(Avx2.Permute2x128(first, second, 0x20), Avx2.Permute2x128(first, second, 0x31));
    }

    /// <summary>Turns eight vectors: element i of vector j becomes element j of vector i, which is stored <paramref name="stride"/> bytes after vector i - 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Turn<TDot>(
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
        where TDot : struct, IByteDot
    {
        if (!TDot.HasAvx2)
        {
            for (int i = 0; i < Vector256<int>.Count; i++)
            {
                Vector256.Create(a[i], b[i], c[i], d[i], e[i], f[i], g[i], h[i]).AsByte().Store(output + (i * stride));
            }

            return;
        }

        Vector256<long> ab = Avx2.UnpackLow(a, b).AsInt64(), abHigh = Avx2.UnpackHigh(a, b).AsInt64();
        Vector256<long> cd = Avx2.UnpackLow(c, d).AsInt64(), cdHigh = Avx2.UnpackHigh(c, d).AsInt64();
        Vector256<long> ef = Avx2.UnpackLow(e, f).AsInt64(), efHigh = Avx2.UnpackHigh(e, f).AsInt64();
        Vector256<long> gh = Avx2.UnpackLow(g, h).AsInt64(), ghHigh = Avx2.UnpackHigh(g, h).AsInt64();
        Halves(Avx2.UnpackLow(ab, cd), Avx2.UnpackLow(ef, gh), output, stride);
        Halves(Avx2.UnpackHigh(ab, cd), Avx2.UnpackHigh(ef, gh), output + stride, stride);
        Halves(Avx2.UnpackLow(abHigh, cdHigh), Avx2.UnpackLow(efHigh, ghHigh), output + (2 * stride), stride);
        Halves(Avx2.UnpackHigh(abHigh, cdHigh), Avx2.UnpackHigh(efHigh, ghHigh), output + (3 * stride), stride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Halves(Vector256<long> first, Vector256<long> second, byte* output, nint stride)
    {
        Avx2.Permute2x128(first, second, 0x20).AsByte().Store(output);
        Avx2.Permute2x128(first, second, 0x31).AsByte().Store(output + (4 * stride));
    }
}
