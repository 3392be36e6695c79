using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Kernels.Linear.Cpu;

/// <content>
/// Products of four rows with weights that were unpacked, all sixteen outputs in a vector. Sums of two products fit 16 bits, and where bytes are small those of several such do: they are widened, and
/// multiplied with factors where there are some, once for all of them.
/// </content>
internal sealed unsafe partial class ByteKernelOf<TCodec, TDot>
{
    // How many such sums fit.
    private static int SumsInShort
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => short.MaxValue / (2 * 127 * TCodec.Greatest);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TileOfAll(
        byte* tile, float* scales, float* minima, int units, in QuantizedRows x, long firstUnit, float* sums, nint stride, bool fresh)
    {
        nint length = (nint)(x.Inputs / 32);
        sbyte* bytes = x.Bytes + (firstUnit * 32);
        float* inputScales = x.Scales + firstUnit;
        int* inputSums = (TCodec.HasFactors ? x.HalfSums : x.Sums) + firstUnit;
        float* totals = x.Totals + firstUnit;
        Vector512<float> a = fresh ? default : Vector512.Load(sums), b = fresh ? default : Vector512.Load(sums + stride);
        Vector512<float> c = fresh ? default : Vector512.Load(sums + (2 * stride)), d = fresh ? default : Vector512.Load(sums + (3 * stride));
        for (; units > 0; units--, tile += 8 * TileOutputs * 4, bytes += 32, scales += TileOutputs, minima += TileOutputs, inputScales++, inputSums++, totals++)
        {
            Vector512<byte> w0 = Vector512.Load(tile), w1 = Vector512.Load(tile + 64), w2 = Vector512.Load(tile + 128), w3 = Vector512.Load(tile + 192);
            Vector512<byte> w4 = Vector512.Load(tile + 256), w5 = Vector512.Load(tile + 320), w6 = Vector512.Load(tile + 384), w7 = Vector512.Load(tile + 448);
            Vector512<short> pairs = TCodec.HasFactors ? Pairs(Vector512.Load((int*)minima)) : Vector512<short>.One;
            Vector512<short> first = TCodec.HasFactors ? Twice(pairs, false) : pairs, second = TCodec.HasFactors ? Twice(pairs, true) : pairs;
            Vector512<float> scale = Vector512.Load(scales), minimum = TCodec.HasMinima ? Vector512.Load(minima) : default;
            a = Join(a, Products(w0, w1, w2, w3, w4, w5, w6, w7, (int*)bytes, first, second) + Start(pairs, *inputSums), *inputScales, *totals, scale, minimum);
            b = Join(
                b, Products(w0, w1, w2, w3, w4, w5, w6, w7, (int*)(bytes + (32 * length)), first, second) + Start(pairs, inputSums[length]),
                inputScales[length], totals[length], scale, minimum);
            c = Join(
                c, Products(w0, w1, w2, w3, w4, w5, w6, w7, (int*)(bytes + (64 * length)), first, second) + Start(pairs, inputSums[2 * length]),
                inputScales[2 * length], totals[2 * length], scale, minimum);
            d = Join(
                d, Products(w0, w1, w2, w3, w4, w5, w6, w7, (int*)(bytes + (96 * length)), first, second) + Start(pairs, inputSums[3 * length]),
                inputScales[3 * length], totals[3 * length], scale, minimum);
        }

        a.Store(sums);
        b.Store(sums + stride);
        c.Store(sums + (2 * stride));
        d.Store(sums + (3 * stride));
    }

    // A unit of a row.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Products(
        Vector512<byte> w0, Vector512<byte> w1, Vector512<byte> w2, Vector512<byte> w3, Vector512<byte> w4, Vector512<byte> w5, Vector512<byte> w6, Vector512<byte> w7,
        int* fours, Vector512<short> first, Vector512<short> second)
    {
        Vector512<short> p = Eight(w0, w1, fours), q = Eight(w2, w3, fours + 2), r = Eight(w4, w5, fours + 4), s = Eight(w6, w7, fours + 6);
        if (SumsInShort >= 8)
        {
            return Avx512BW.MultiplyAddAdjacent((p + q) + (r + s), first);
        }

        return SumsInShort >= 4
            ? Avx512BW.MultiplyAddAdjacent(p + q, first) + Avx512BW.MultiplyAddAdjacent(r + s, second)
            : (Avx512BW.MultiplyAddAdjacent(p, first) + Avx512BW.MultiplyAddAdjacent(q, first))
                + (Avx512BW.MultiplyAddAdjacent(r, second) + Avx512BW.MultiplyAddAdjacent(s, second));
    }

    // Two times four inputs.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> Eight(Vector512<byte> w0, Vector512<byte> w1, int* fours) =>
        Avx512BW.MultiplyAddAdjacent(w0, Vector512.Create(fours[0]).AsSByte()) + Avx512BW.MultiplyAddAdjacent(w1, Vector512.Create(fours[1]).AsSByte());

    // What the bytes' offset adds to the sum of a unit, taken away.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Start(Vector512<short> pairs, int inputSums) =>
        TCodec.HasFactors ? Starts(pairs, inputSums) : TCodec.Offset == 0 ? default : Vector512.Create(-TCodec.Offset * inputSums);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Join(Vector512<float> sums, Vector512<int> products, float scale, float total, Vector512<float> scales, Vector512<float> minima)
    {
        sums = Vector512.FusedMultiplyAdd(Vector512.ConvertToSingle(products), scales * Vector512.Create(scale), sums);
        return TCodec.HasMinima ? Vector512.FusedMultiplyAdd(minima, Vector512.Create(-total), sums) : sums;
    }
}
