using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>Products of bytes with AVX2: odd and even ones as 16-bit integers, since its instruction for bytes cuts its sums to 16 bits.</summary>
internal readonly unsafe struct MultiplyAddDot : IByteDot
{
    /// <summary>Whether the processor has what it takes.</summary>
    public static bool IsSupported => Avx2.IsSupported;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add(Vector256<int> sums, Vector256<byte> weights, Vector256<sbyte> inputs)
    {
        Vector256<short> evenWeights = Avx2.And(weights.AsInt16(), Vector256.Create((short)255));
        Vector256<short> oddWeights = Avx2.ShiftRightLogical(weights.AsInt16(), 8);
        Vector256<short> evenInputs = Avx2.ShiftRightArithmetic(Avx2.ShiftLeftLogical(inputs.AsInt16(), 8), 8);
        Vector256<short> oddInputs = Avx2.ShiftRightArithmetic(inputs.AsInt16(), 8);
        sums = Avx2.Add(sums, Avx2.MultiplyAddAdjacent(evenWeights, evenInputs));
        return Avx2.Add(sums, Avx2.MultiplyAddAdjacent(oddWeights, oddInputs));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Totals(
        Vector256<int> a, Vector256<int> b, Vector256<int> c, Vector256<int> d, Vector256<int> e, Vector256<int> f, Vector256<int> g, Vector256<int> h)
    {
        // Halves of a to d and of e to h, then both halves of all eight.
        Vector256<int> first = Avx2.HorizontalAdd(Avx2.HorizontalAdd(a, b), Avx2.HorizontalAdd(c, d));
        Vector256<int> second = Avx2.HorizontalAdd(Avx2.HorizontalAdd(e, f), Avx2.HorizontalAdd(g, h));
        return Avx2.Add(Avx2.Permute2x128(first, second, 0x20), Avx2.Permute2x128(first, second, 0x31));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
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
