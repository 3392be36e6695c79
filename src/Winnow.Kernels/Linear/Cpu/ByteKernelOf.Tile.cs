using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Kernels.Linear.Cpu;

/// <content>Products of four rows with weights that were unpacked.</content>
internal sealed unsafe partial class ByteKernelOf<TCodec, TDot>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Tile(
        byte* tile, float* scales, float* minima, int units, in QuantizedRows x, long firstUnit, float* sums, nint stride, bool fresh)
    {
        if (TDot.IsWide && SumsInShort >= 2)
        {
            TileOfAll(tile, scales, minima, units, x, firstUnit, sums, stride, fresh);
            return;
        }

        if (TDot.IsWide)
        {
            TileOfHalves(tile, scales, minima, units, x, firstUnit, sums, stride, fresh);
            return;
        }

        long length = x.Inputs / 32;
        sbyte* bytes = x.Bytes + (firstUnit * 32);
        float* inputScales = x.Scales + firstUnit;
        int* inputSums = x.Sums + firstUnit;
        int* halfSums = x.HalfSums + firstUnit;
        float* totals = x.Totals + firstUnit;
        if (fresh)
        {
            Clear(sums, stride);
        }

        for (int unit = 0; unit < units; unit++, tile += 8 * TileOutputs * 4, scales += TileOutputs, minima += TileOutputs)
        {
            long second = unit + length, third = second + length, fourth = third + length;
            Vector256<int> a0 = First(inputSums, halfSums, unit), a1 = a0, b0 = First(inputSums, halfSums, second), b1 = b0;
            Vector256<int> c0 = First(inputSums, halfSums, third), c1 = c0, d0 = First(inputSums, halfSums, fourth), d1 = d0;
            int* row = (int*)(bytes + (unit * 32));
            if (TCodec.HasFactors)
            {
                AddFours(ref a0, ref a1, ref b0, ref b1, ref c0, ref c1, ref d0, ref d1, tile, row, length, 0, 4);
                Vector256<int> e0 = a0, e1 = a1, f0 = b0, f1 = b1, g0 = c0, g1 = c1, h0 = d0, h1 = d1;
                a0 = a1 = Second(halfSums, unit);
                b0 = b1 = Second(halfSums, second);
                c0 = c1 = Second(halfSums, third);
                d0 = d1 = Second(halfSums, fourth);
                AddFours(ref a0, ref a1, ref b0, ref b1, ref c0, ref c1, ref d0, ref d1, tile, row, length, 4, 8);
                Vector256<int> factors0 = Vector256.Load((int*)minima), factors1 = Vector256.Load((int*)minima + 8);
                (a0, a1, b0, b1) = (Whole(e0, a0, factors0), Whole(e1, a1, factors1), Whole(f0, b0, factors0), Whole(f1, b1, factors1));
                (c0, c1, d0, d1) = (Whole(g0, c0, factors0), Whole(g1, c1, factors1), Whole(h0, d0, factors0), Whole(h1, d1, factors1));
            }
            else
            {
                AddFours(ref a0, ref a1, ref b0, ref b1, ref c0, ref c1, ref d0, ref d1, tile, row, length, 0, 8);
            }

            Finish(a0, a1, inputScales[unit], totals[unit], scales, minima, sums);
            Finish(b0, b1, inputScales[second], totals[second], scales, minima, sums + stride);
            Finish(c0, c1, inputScales[third], totals[third], scales, minima, sums + (2 * stride));
            Finish(d0, d1, inputScales[fourth], totals[fourth], scales, minima, sums + (3 * stride));
        }
    }

    private static void Clear(float* sums, nint stride)
    {
        for (int row = 0; row < GroupRows; row++)
        {
            new Span<float>(sums + (row * stride), TileOutputs).Clear();
        }
    }

    // Products of four rows with some of the eight times four weights of a unit.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddFours(
        ref Vector256<int> a0, ref Vector256<int> a1, ref Vector256<int> b0, ref Vector256<int> b1,
        ref Vector256<int> c0, ref Vector256<int> c1, ref Vector256<int> d0, ref Vector256<int> d1,
        byte* tile, int* row, long length, int from, int to)
    {
        for (int four = from; four < to; four++)
        {
            Vector256<byte> w0 = Vector256.Load(tile + (four * 64));
            Vector256<byte> w1 = Vector256.Load(tile + (four * 64) + 32);
            Vector256<sbyte> value = Vector256.Create(row[four]).AsSByte();
            a0 = TDot.Add(a0, w0, value);
            a1 = TDot.Add(a1, w1, value);
            value = Vector256.Create(row[four + (length * 8)]).AsSByte();
            b0 = TDot.Add(b0, w0, value);
            b1 = TDot.Add(b1, w1, value);
            value = Vector256.Create(row[four + (length * 16)]).AsSByte();
            c0 = TDot.Add(c0, w0, value);
            c1 = TDot.Add(c1, w1, value);
            value = Vector256.Create(row[four + (length * 24)]).AsSByte();
            d0 = TDot.Add(d0, w0, value);
            d1 = TDot.Add(d1, w1, value);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish(Vector256<int> lower, Vector256<int> upper, float scale, float total, float* scales, float* minima, float* sums)
    {
        Join(Vector256.Load(sums), lower, scale, total, Vector256.Load(scales), TCodec.HasMinima ? Vector256.Load(minima) : default).Store(sums);
        Join(Vector256.Load(sums + 8), upper, scale, total, Vector256.Load(scales + 8), TCodec.HasMinima ? Vector256.Load(minima + 8) : default).Store(sums + 8);
    }
}
