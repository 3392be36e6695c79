using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Kernels.Linear.Cpu;

/// <content>
/// Products of four rows with weights that were unpacked, all sixteen outputs in a vector. Sums of two products fit 16 bits, and where bytes are small those of several such do: they are widened, and
/// multiplied with factors where there are some, once for all of them. Greater bytes are multiplied eight outputs a vector, and only what becomes of their sums is of sixteen.
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

    // The same of greater bytes, which never have factors. Made of halves by Create, a vector would keep a register of its own from unit to unit, and results would go to memory.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TileOfHalves(
        byte* tile, float* scales, float* minima, int units, in QuantizedRows x, long firstUnit, float* sums, nint stride, bool fresh)
    {
        nint length = (nint)(x.Inputs / 32);
        sbyte* bytes = x.Bytes + (firstUnit * 32);
        float* inputScales = x.Scales + firstUnit;
        int* inputSums = x.Sums + firstUnit;
        float* totals = x.Totals + firstUnit;
        Vector512<float> a = fresh ? default : Vector512.Load(sums), b = fresh ? default : Vector512.Load(sums + stride);
        Vector512<float> c = fresh ? default : Vector512.Load(sums + (2 * stride)), d = fresh ? default : Vector512.Load(sums + (3 * stride));
        for (; units > 0; units--, tile += 8 * TileOutputs * 4, bytes += 32, scales += TileOutputs, minima += TileOutputs, inputScales++, inputSums++, totals++)
        {
            int* rowA = (int*)bytes, rowB = rowA + (8 * length), rowC = rowB + (8 * length), rowD = rowC + (8 * length);
            Vector256<int> a0 = First(inputSums, null, 0), a1 = a0, b0 = First(inputSums, null, length), b1 = b0;
            Vector256<int> c0 = First(inputSums, null, 2 * length), c1 = c0, d0 = First(inputSums, null, 3 * length), d1 = d0;
            AddFour(ref a0, ref a1, ref b0, ref b1, ref c0, ref c1, ref d0, ref d1, tile, rowA, rowB, rowC, rowD, 0);
            AddFour(ref a0, ref a1, ref b0, ref b1, ref c0, ref c1, ref d0, ref d1, tile, rowA, rowB, rowC, rowD, 1);
            AddFour(ref a0, ref a1, ref b0, ref b1, ref c0, ref c1, ref d0, ref d1, tile, rowA, rowB, rowC, rowD, 2);
            AddFour(ref a0, ref a1, ref b0, ref b1, ref c0, ref c1, ref d0, ref d1, tile, rowA, rowB, rowC, rowD, 3);
            AddFour(ref a0, ref a1, ref b0, ref b1, ref c0, ref c1, ref d0, ref d1, tile, rowA, rowB, rowC, rowD, 4);
            AddFour(ref a0, ref a1, ref b0, ref b1, ref c0, ref c1, ref d0, ref d1, tile, rowA, rowB, rowC, rowD, 5);
            AddFour(ref a0, ref a1, ref b0, ref b1, ref c0, ref c1, ref d0, ref d1, tile, rowA, rowB, rowC, rowD, 6);
            AddFour(ref a0, ref a1, ref b0, ref b1, ref c0, ref c1, ref d0, ref d1, tile, rowA, rowB, rowC, rowD, 7);
            Vector512<float> scale = Vector512.Load(scales), minimum = TCodec.HasMinima ? Vector512.Load(minima) : default;
            a = Join(a, a0.ToVector512Unsafe().WithUpper(a1), inputScales[0], totals[0], scale, minimum);
            b = Join(b, b0.ToVector512Unsafe().WithUpper(b1), inputScales[length], totals[length], scale, minimum);
            c = Join(c, c0.ToVector512Unsafe().WithUpper(c1), inputScales[2 * length], totals[2 * length], scale, minimum);
            d = Join(d, d0.ToVector512Unsafe().WithUpper(d1), inputScales[3 * length], totals[3 * length], scale, minimum);
        }

        a.Store(sums);
        b.Store(sums + stride);
        c.Store(sums + (2 * stride));
        d.Store(sums + (3 * stride));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddFour(
        ref Vector256<int> a0, ref Vector256<int> a1, ref Vector256<int> b0, ref Vector256<int> b1,
        ref Vector256<int> c0, ref Vector256<int> c1, ref Vector256<int> d0, ref Vector256<int> d1,
        byte* tile, int* rowA, int* rowB, int* rowC, int* rowD, int four)
    {
        Vector256<byte> w0 = Vector256.Load(tile + (four * 64)), w1 = Vector256.Load(tile + (four * 64) + 32);
        Vector256<sbyte> value = Vector256.Create(rowA[four]).AsSByte();
        a0 = TDot.Add(a0, w0, value);
        a1 = TDot.Add(a1, w1, value);
        value = Vector256.Create(rowB[four]).AsSByte();
        b0 = TDot.Add(b0, w0, value);
        b1 = TDot.Add(b1, w1, value);
        value = Vector256.Create(rowC[four]).AsSByte();
        c0 = TDot.Add(c0, w0, value);
        c1 = TDot.Add(c1, w1, value);
        value = Vector256.Create(rowD[four]).AsSByte();
        d0 = TDot.Add(d0, w0, value);
        d1 = TDot.Add(d1, w1, value);
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
