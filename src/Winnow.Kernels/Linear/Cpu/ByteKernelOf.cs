using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>The kernels of one block type with one kind of instructions.</summary>
internal sealed unsafe class ByteKernelOf<TCodec, TDot> : ByteKernel
    where TCodec : struct, IByteCodec
    where TDot : struct, IByteDot
{
    // Bytes of each of eight rows, which memory brings in the time that it takes to answer.
    private const int Ahead = 2048;

    /// <inheritdoc/>
    public override void Row(byte* weight, nint rowBytes, int count, in QuantizedRows x, float* sums)
    {
        Eight(weight, rowBytes, Math.Min(count, 8) - 1, x).Store(sums);
        if (count > 8)
        {
            Eight(weight + (8 * rowBytes), rowBytes, count - 9, x).Store(sums + 8);
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Unpack(byte* weight, nint rowBytes, int count, int units, byte* tile, float* scales, float* minima)
    {
        for (int half = 0; half < TileOutputs; half += 8)
        {
            // Past the last output the last one is computed again; nobody looks at the result.
            int first = Math.Min(half, count - 1);
            int last = Math.Min(count - 1 - first, 7);
            byte* block = weight + (first * rowBytes);
            for (int unit = 0; unit < units; unit += TCodec.Units, block += TCodec.BlockBytes)
            {
                TCodec.Scales(block, rowBytes, last, scales + (unit * TileOutputs) + half, minima + (unit * TileOutputs) + half, TileOutputs);
                for (int i = 0; i < TCodec.Units; i++)
                {
                    Interleave(block, rowBytes, last, i, tile + ((((unit + i) * 8 * TileOutputs) + half) * 4));
                }
            }
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Tile(
        byte* tile, float* scales, float* minima, int units, in QuantizedRows x, long firstUnit, float* sums, nint stride, bool fresh)
    {
        long length = x.Inputs / 32;
        sbyte* bytes = x.Bytes + (firstUnit * 32);
        float* inputScales = x.Scales + firstUnit;
        int* inputSums = x.Sums + firstUnit;
        float* totals = x.Totals + firstUnit;
        if (fresh)
        {
            Clear(sums, stride);
        }

        for (int unit = 0; unit < units; unit++, tile += 8 * TileOutputs * 4, scales += TileOutputs, minima += TileOutputs)
        {
            Vector256<int> a0 = Start(inputSums[unit]), a1 = a0;
            Vector256<int> b0 = Start(inputSums[unit + length]), b1 = b0;
            Vector256<int> c0 = Start(inputSums[unit + (2 * length)]), c1 = c0;
            Vector256<int> d0 = Start(inputSums[unit + (3 * length)]), d1 = d0;
            int* row = (int*)(bytes + (unit * 32));
            for (int group = 0; group < 8; group++)
            {
                Vector256<byte> w0 = Vector256.Load(tile + (group * 64));
                Vector256<byte> w1 = Vector256.Load(tile + (group * 64) + 32);
                Vector256<sbyte> value = Vector256.Create(row[group]).AsSByte();
                a0 = TDot.Add(a0, w0, value);
                a1 = TDot.Add(a1, w1, value);
                value = Vector256.Create(row[group + (length * 8)]).AsSByte();
                b0 = TDot.Add(b0, w0, value);
                b1 = TDot.Add(b1, w1, value);
                value = Vector256.Create(row[group + (length * 16)]).AsSByte();
                c0 = TDot.Add(c0, w0, value);
                c1 = TDot.Add(c1, w1, value);
                value = Vector256.Create(row[group + (length * 24)]).AsSByte();
                d0 = TDot.Add(d0, w0, value);
                d1 = TDot.Add(d1, w1, value);
            }

            Finish(a0, a1, inputScales[unit], totals[unit], scales, minima, sums);
            Finish(b0, b1, inputScales[unit + length], totals[unit + length], scales, minima, sums + stride);
            Finish(c0, c1, inputScales[unit + (2 * length)], totals[unit + (2 * length)], scales, minima, sums + (2 * stride));
            Finish(d0, d1, inputScales[unit + (3 * length)], totals[unit + (3 * length)], scales, minima, sums + (3 * stride));
        }
    }

    private static void Clear(float* sums, nint stride)
    {
        for (int row = 0; row < GroupRows; row++)
        {
            new Span<float>(sums + (row * stride), TileOutputs).Clear();
        }
    }

    // What a byte's offset adds to a sum, taken away beforehand.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Start(int inputSum) => TCodec.Offset == 0 ? default : Vector256.Create(-TCodec.Offset * inputSum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish(Vector256<int> lower, Vector256<int> upper, float scale, float total, float* scales, float* minima, float* sums)
    {
        Join(Vector256.Load(sums), lower, scale, total, scales, minima).Store(sums);
        Join(Vector256.Load(sums + 8), upper, scale, total, scales + 8, minima + 8).Store(sums + 8);
    }

    // The one place where whole numbers become a part of a result.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Join(Vector256<float> sums, Vector256<int> products, float scale, float total, float* scales, float* minima)
    {
        sums = Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle(products), Vector256.Load(scales) * Vector256.Create(scale), sums);
        return TCodec.HasMinima ? Vector256.FusedMultiplyAdd(Vector256.Load(minima), Vector256.Create(-total), sums) : sums;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Interleave(byte* block, nint rowBytes, int last, int unit, byte* output)
    {
        EightVectors.Turn<TDot>(
            TCodec.Unpack(block, unit & ~1, (unit & 1) != 0).AsInt32(),
            TCodec.Unpack(block + (Math.Min(1, last) * rowBytes), unit & ~1, (unit & 1) != 0).AsInt32(),
            TCodec.Unpack(block + (Math.Min(2, last) * rowBytes), unit & ~1, (unit & 1) != 0).AsInt32(),
            TCodec.Unpack(block + (Math.Min(3, last) * rowBytes), unit & ~1, (unit & 1) != 0).AsInt32(),
            TCodec.Unpack(block + (Math.Min(4, last) * rowBytes), unit & ~1, (unit & 1) != 0).AsInt32(),
            TCodec.Unpack(block + (Math.Min(5, last) * rowBytes), unit & ~1, (unit & 1) != 0).AsInt32(),
            TCodec.Unpack(block + (Math.Min(6, last) * rowBytes), unit & ~1, (unit & 1) != 0).AsInt32(),
            TCodec.Unpack(block + (Math.Min(7, last) * rowBytes), unit & ~1, (unit & 1) != 0).AsInt32(),
            output,
            TileOutputs * 4);
    }

    // Eight outputs of one row, the last of which is `last`.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static Vector256<float> Eight(byte* w0, nint rowBytes, int last, in QuantizedRows x)
    {
        float* scales = stackalloc float[8 * TCodec.Units];
        float* minima = stackalloc float[TCodec.HasMinima ? 8 * TCodec.Units : 1];
        byte* w1 = w0 + (Math.Min(1, last) * rowBytes), w2 = w0 + (Math.Min(2, last) * rowBytes), w3 = w0 + (Math.Min(3, last) * rowBytes);
        byte* w4 = w0 + (Math.Min(4, last) * rowBytes), w5 = w0 + (Math.Min(5, last) * rowBytes), w6 = w0 + (Math.Min(6, last) * rowBytes);
        byte* w7 = w0 + (Math.Min(7, last) * rowBytes);
        Vector256<float> sums = default;
        long units = x.Inputs / 32;
        nint at = 0;
        for (long unit = 0; unit < units; unit += TCodec.Units, at += TCodec.BlockBytes)
        {
            TCodec.Scales(w0 + at, rowBytes, last, scales, minima, 8);
            for (int i = 0; i < TCodec.Units; i += 2)
            {
                if (Sse.IsSupported)
                {
                    Fetch(w0, w1, w2, w3, w4, w5, w6, w7, at, rowBytes, i);
                }

                // Two by two, because what lies in the halves of the same bytes is known at compile time then.
                sums = Join(
                    sums, Products(w0 + at, w1 + at, w2 + at, w3 + at, w4 + at, w5 + at, w6 + at, w7 + at, i, false, x.Bytes + ((unit + i) * 32)),
                    x, unit + i, scales + (8 * i), minima + (TCodec.HasMinima ? 8 * i : 0));
                if (TCodec.Units > 1)
                {
                    sums = Join(
                        sums, Products(w0 + at, w1 + at, w2 + at, w3 + at, w4 + at, w5 + at, w6 + at, w7 + at, i, true, x.Bytes + ((unit + i + 1) * 32)),
                        x, unit + i + 1, scales + (8 * i) + 8, minima + (TCodec.HasMinima ? (8 * i) + 8 : 0));
                }
            }
        }

        return sums;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Join(Vector256<float> sums, Vector256<int> products, in QuantizedRows x, long unit, float* scales, float* minima) =>
        Join(sums, products + Start(x.Sums[unit]), x.Scales[unit], x.Totals[unit], scales, minima);

    // The products of eight rows.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Products(
        byte* w0, byte* w1, byte* w2, byte* w3, byte* w4, byte* w5, byte* w6, byte* w7, int unit, bool odd, sbyte* x)
    {
        Vector256<sbyte> value = Vector256.Load(x);
        return TCodec.IsNarrow && PairDot.IsSupported
            ? PairDot.Totals(
                PairDot.Multiply<TCodec>(w0, w4, unit, odd, value),
                PairDot.Multiply<TCodec>(w1, w5, unit, odd, value),
                PairDot.Multiply<TCodec>(w2, w6, unit, odd, value),
                PairDot.Multiply<TCodec>(w3, w7, unit, odd, value),
                TCodec.TakesTurns)
            : EightVectors.Totals<TDot>(
                TDot.Add(default, TCodec.Unpack(w0, unit, odd), value),
                TDot.Add(default, TCodec.Unpack(w1, unit, odd), value),
                TDot.Add(default, TCodec.Unpack(w2, unit, odd), value),
                TDot.Add(default, TCodec.Unpack(w3, unit, odd), value),
                TDot.Add(default, TCodec.Unpack(w4, unit, odd), value),
                TDot.Add(default, TCodec.Unpack(w5, unit, odd), value),
                TDot.Add(default, TCodec.Unpack(w6, unit, odd), value),
                TDot.Add(default, TCodec.Unpack(w7, unit, odd), value));
    }

    // What lies a while ahead, behind the end of these rows in the next eight; the hardware does not see that far over short rows. A block of eight units is a few
    // lines, of which two units fetch a part.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fetch(byte* w0, byte* w1, byte* w2, byte* w3, byte* w4, byte* w5, byte* w6, byte* w7, nint at, nint rowBytes, int unit)
    {
        nint ahead = at + (unit * TCodec.BlockBytes / 8) + Math.Min(rowBytes, Ahead);
        ahead += ahead >= rowBytes ? 7 * rowBytes : 0;
        Sse.Prefetch0(w0 + ahead);
        Sse.Prefetch0(w1 + ahead);
        Sse.Prefetch0(w2 + ahead);
        Sse.Prefetch0(w3 + ahead);
        Sse.Prefetch0(w4 + ahead);
        Sse.Prefetch0(w5 + ahead);
        Sse.Prefetch0(w6 + ahead);
        Sse.Prefetch0(w7 + ahead);
    }
}
