using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Winnow.Kernels.Cache;

namespace Winnow.Kernels.Attention;

/// <summary>
/// Transposes a page of keys of two bytes with 512-bit vectors, a vector for its 16 slots: as pairs of channels, which are widened afterwards, so that half as many bytes
/// change places.
/// </summary>
internal static unsafe class WideKeys
{
    // Of each slot: eight channels.
    private const int ColumnBytes = 16;
    private const int Slots = AttentionScratch.BlockSlots;

    // The bits of a half without its sign, from which on it is infinity or NaN.
    private const ushort Infinity = 0x7C00;

    /// <summary>Whether this processor has such vectors.</summary>
    public static bool IsSupported => Vector512.IsHardwareAccelerated && Avx512F.IsSupported && PagedKv.PageSlots == 16;

    /// <summary>Writes keys[c, j] = page[j, c] in F32; rows of the result lie a block apart.</summary>
    /// <param name="type">F16 or BF16.</param>
    /// <param name="keys">The page's first column within [headDim, BlockSlots].</param>
    /// <param name="page">[PageSlots, headDim].</param>
    /// <param name="headDim">A multiple of 8.</param>
    /// <param name="ahead">What is fetched from memory meanwhile.</param>
    /// <returns>False if halves are infinite or NaN: what was written does not count then.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool Transpose(DType type, float* keys, byte* page, int headDim, PagesAhead ahead)
    {
        if (type == DType.F16)
        {
            return Halves(keys, page, headDim, ahead);
        }

        Brains(keys, page, headDim, ahead);
        return true;
    }

    // The bits of a half in the place of a float's are that value times 2^-112, unless it is infinite or NaN.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool Halves(float* keys, byte* page, nint headDim, PagesAhead ahead)
    {
        Vector512<ushort> most = Vector512<ushort>.Zero;
        for (nint column = 0; column < 2 * headDim; column += ColumnBytes, keys += 8 * Slots)
        {
            ahead.Fetch(PagedKv.PageSlots * column, PagedKv.PageSlots * ColumnBytes);
            Columns(page + column, 2 * headDim, out Vector512<int> a, out Vector512<int> b, out Vector512<int> c, out Vector512<int> d);
            Halves(keys, a);
            Halves(keys + (2 * Slots), b);
            Halves(keys + (4 * Slots), c);
            Halves(keys + (6 * Slots), d);
            most = Vector512.Max(most, Vector512.Max(Vector512.Max(Magnitudes(a), Magnitudes(b)), Vector512.Max(Magnitudes(c), Magnitudes(d))));
        }

        return !Vector512.GreaterThanOrEqualAny(most, Vector512.Create(Infinity));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Brains(float* keys, byte* page, nint headDim, PagesAhead ahead)
    {
        for (nint column = 0; column < 2 * headDim; column += ColumnBytes, keys += 8 * Slots)
        {
            ahead.Fetch(PagedKv.PageSlots * column, PagedKv.PageSlots * ColumnBytes);
            Columns(page + column, 2 * headDim, out Vector512<int> a, out Vector512<int> b, out Vector512<int> c, out Vector512<int> d);
            Brains(keys, a);
            Brains(keys + (2 * Slots), b);
            Brains(keys + (4 * Slots), c);
            Brains(keys + (6 * Slots), d);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ushort> Magnitudes(Vector512<int> pairs) => pairs.AsUInt16() & Vector512.Create((ushort)0x7FFF);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Halves(float* keys, Vector512<int> pairs)
    {
        Vector512<int> bits = Vector512.Create(unchecked((int)0x8FFFE000));
        Vector512<float> scale = Vector512.Create(5.192296858534828e33f);
        ((Vector512.ShiftRightArithmetic(Vector512.ShiftLeft(pairs, 16), 3) & bits).AsSingle() * scale).Store(keys);
        ((Vector512.ShiftRightArithmetic(pairs, 3) & bits).AsSingle() * scale).Store(keys + Slots);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Brains(float* keys, Vector512<int> pairs)
    {
        Vector512.ShiftLeft(pairs, 16).AsSingle().Store(keys);
        (pairs & Vector512.Create(unchecked((int)0xFFFF0000))).AsSingle().Store(keys + Slots);
    }

    // Four columns of four bytes: slots j, j + 4, j + 8 and j + 12 share a vector from the start, and each quarter is a 4 x 4 transposition of its own.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Columns(byte* source, nint stride, out Vector512<int> a, out Vector512<int> b, out Vector512<int> c, out Vector512<int> d)
    {
        Vector512<int> s0 = Rows(source, stride);
        Vector512<int> s1 = Rows(source + stride, stride);
        Vector512<int> s2 = Rows(source + (2 * stride), stride);
        Vector512<int> s3 = Rows(source + (3 * stride), stride);
        Vector512<long> low01 = Avx512F.UnpackLow(s0, s1).AsInt64();
        Vector512<long> low23 = Avx512F.UnpackLow(s2, s3).AsInt64();
        Vector512<long> high01 = Avx512F.UnpackHigh(s0, s1).AsInt64();
        Vector512<long> high23 = Avx512F.UnpackHigh(s2, s3).AsInt64();
        a = Avx512F.UnpackLow(low01, low23).AsInt32();
        b = Avx512F.UnpackHigh(low01, low23).AsInt32();
        c = Avx512F.UnpackLow(high01, high23).AsInt32();
        d = Avx512F.UnpackHigh(high01, high23).AsInt32();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Rows(byte* source, nint stride)
    {
        Vector512<int> rows = Vector128.Load((int*)source).ToVector256Unsafe().ToVector512Unsafe();
        rows = Avx512F.InsertVector128(rows, Vector128.Load((int*)(source + (4 * stride))), 1);
        rows = Avx512F.InsertVector128(rows, Vector128.Load((int*)(source + (8 * stride))), 2);
        return Avx512F.InsertVector128(rows, Vector128.Load((int*)(source + (12 * stride))), 3);
    }
}
