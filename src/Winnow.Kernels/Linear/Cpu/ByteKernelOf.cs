using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>The kernels of one block type with one kind of instructions.</summary>
internal sealed unsafe class ByteKernelOf<TCodec, TDot> : ByteKernel
    where TCodec : struct, IByteCodec
    where TDot : struct, IByteDot
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void AddRow(byte* group, int units, in QuantizedRows x, long firstUnit, float* sums, bool fresh)
    {
        float* scales = stackalloc float[TileOutputs * TCodec.Units];
        float* minima = stackalloc float[TCodec.HasMinima ? TileOutputs * TCodec.Units : 1];
        Vector256<float> lower = fresh ? default : Vector256.Load(sums), upper = fresh ? default : Vector256.Load(sums + 8);
        for (long unit = firstUnit; unit < firstUnit + units; unit += TCodec.Units, group += TCodec.BlockBytes * RowGroups.Rows)
        {
            TCodec.Scales(group, scales, minima);
            for (int i = 0; i < TCodec.Units; i += 2)
            {
                // Two by two, because what lies in the halves of the same bytes is known at compile time then.
                int at = i * TileOutputs;
                Add(ref lower, ref upper, group, i, false, x, unit + i, scales + at, minima + (TCodec.HasMinima ? at : 0));
                if (TCodec.Units > 1)
                {
                    at += TileOutputs;
                    Add(ref lower, ref upper, group, i, true, x, unit + i + 1, scales + at, minima + (TCodec.HasMinima ? at : 0));
                }
            }
        }

        lower.Store(sums);
        upper.Store(sums + 8);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void UnpackGroup(byte* group, int units, byte* tile, float* scales, float* minima)
    {
        for (int unit = 0; unit < units; unit += TCodec.Units, group += TCodec.BlockBytes * RowGroups.Rows)
        {
            TCodec.Scales(group, scales, minima);
            scales += TCodec.Units * TileOutputs;
            minima += TCodec.Units * TileOutputs;
            for (int i = 0; i < TCodec.Units; i += 2)
            {
                Copy(group, i, false, tile);
                tile += 32 * TileOutputs;
                if (TCodec.Units > 1)
                {
                    Copy(group, i, true, tile);
                    tile += 32 * TileOutputs;
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

    // A unit of one row: of each half of the outputs two chains of products at a time, of the lower and the upper inputs.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(
        ref Vector256<float> lower, ref Vector256<float> upper, byte* block, int unit, bool odd, in QuantizedRows x, long at, float* scales, float* minima)
    {
        int* fours = (int*)(x.Bytes + (at * 32));
        Vector256<int> a0 = Start(x.Sums[at]), a1 = a0, b0 = default, b1 = default;
        Four(ref a0, ref a1, block, unit, odd, 0, fours);
        Four(ref b0, ref b1, block, unit, odd, 4, fours);
        Four(ref a0, ref a1, block, unit, odd, 1, fours);
        Four(ref b0, ref b1, block, unit, odd, 5, fours);
        Four(ref a0, ref a1, block, unit, odd, 2, fours);
        Four(ref b0, ref b1, block, unit, odd, 6, fours);
        Four(ref a0, ref a1, block, unit, odd, 3, fours);
        Four(ref b0, ref b1, block, unit, odd, 7, fours);
        lower = Join(lower, a0 + b0, x.Scales[at], x.Totals[at], scales, minima);
        upper = Join(upper, a1 + b1, x.Scales[at], x.Totals[at], scales + 8, minima + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Four(ref Vector256<int> lower, ref Vector256<int> upper, byte* block, int unit, bool odd, int four, int* fours)
    {
        Vector256<sbyte> value = Vector256.Create(fours[four]).AsSByte();
        lower = TDot.Add(lower, TCodec.Unpack(block, unit, odd, four, false), value);
        upper = TDot.Add(upper, TCodec.Unpack(block, unit, odd, four, true), value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy(byte* block, int unit, bool odd, byte* tile)
    {
        Copy(block, unit, odd, 0, tile);
        Copy(block, unit, odd, 1, tile);
        Copy(block, unit, odd, 2, tile);
        Copy(block, unit, odd, 3, tile);
        Copy(block, unit, odd, 4, tile);
        Copy(block, unit, odd, 5, tile);
        Copy(block, unit, odd, 6, tile);
        Copy(block, unit, odd, 7, tile);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy(byte* block, int unit, bool odd, int four, byte* tile)
    {
        TCodec.Unpack(block, unit, odd, four, false).Store(tile + (64 * four));
        TCodec.Unpack(block, unit, odd, four, true).Store(tile + (64 * four) + 32);
    }
}
