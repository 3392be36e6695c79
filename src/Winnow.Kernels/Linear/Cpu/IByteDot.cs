using System.Runtime.Intrinsics;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>Products of bytes that add up exactly, by the instructions that a processor has for them.</summary>
internal interface IByteDot
{
    /// <summary>Adds to each sum the products of four neighbours.</summary>
    /// <param name="sums">Eight sums.</param>
    /// <param name="weights">32 factors from 0 to 255.</param>
    /// <param name="inputs">32 factors from -127 to 127.</param>
    static abstract Vector256<int> Add(Vector256<int> sums, Vector256<byte> weights, Vector256<sbyte> inputs);

    /// <summary>Adds up each of eight vectors.</summary>
    static abstract Vector256<int> Totals(
        Vector256<int> a, Vector256<int> b, Vector256<int> c, Vector256<int> d, Vector256<int> e, Vector256<int> f, Vector256<int> g, Vector256<int> h);

    /// <summary>Turns eight vectors: element i of vector j becomes element j of vector i, which is stored <paramref name="stride"/> bytes after vector i - 1.</summary>
    static abstract unsafe void Turn(
        Vector256<int> a,
        Vector256<int> b,
        Vector256<int> c,
        Vector256<int> d,
        Vector256<int> e,
        Vector256<int> f,
        Vector256<int> g,
        Vector256<int> h,
        byte* output,
        nint stride);
}
