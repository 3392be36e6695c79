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
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void AddRow(byte* group, int units, in QuantizedRows x, long firstUnit, float* sums, bool fresh)
    {
        float* scales = stackalloc float[TCodec.Units > 1 ? TileOutputs * TCodec.Units : 1];
        float* minima = stackalloc float[TCodec.HasMinima ? TileOutputs * TCodec.Units : 1];
        Vector256<float> lower = fresh ? default : Vector256.Load(sums), upper = fresh ? default : Vector256.Load(sums + 8);
        for (long unit = firstUnit; unit < firstUnit + units; unit += TCodec.Units, group += TCodec.BlockBytes * RowGroups.Rows)
        {
            if (TCodec.Units == 1)
            {
                AddUnit(ref lower, ref upper, group, x, unit);
                continue;
            }

            TCodec.Prepare(group, scales, minima);
            Fetch(group + (TCodec.BlockBytes * RowGroups.Rows));
            for (int i = 0; i < TCodec.Units; i += 2)
            {
                AddTwo(ref lower, ref upper, group, i, x, unit + i, scales + (i * TileOutputs), minima + (i * TileOutputs));
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
            TCodec.Prepare(group, scales, minima);
            if (TCodec.Units == 1)
            {
                TCodec.Scale(group, scales, false).Store(scales);
                TCodec.Scale(group, scales, true).Store(scales + 8);
            }

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
        Join(Vector256.Load(sums), lower, scale, total, Vector256.Load(scales), minima).Store(sums);
        Join(Vector256.Load(sums + 8), upper, scale, total, Vector256.Load(scales + 8), minima + 8).Store(sums + 8);
    }

    // The one place where whole numbers become a part of a result.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Join(Vector256<float> sums, Vector256<int> products, float scale, float total, Vector256<float> scales, float* minima)
    {
        sums = Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle(products), scales * Vector256.Create(scale), sums);
        return TCodec.HasMinima ? Vector256.FusedMultiplyAdd(Vector256.Load(minima), Vector256.Create(-total), sums) : sums;
    }

    // The next block: while scales are worked out nothing else asks for it, and the processor by itself does not look that far.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fetch(byte* block)
    {
        if (Sse.IsSupported)
        {
            for (byte* end = block + (TCodec.BlockBytes * RowGroups.Rows); block < end; block += 256)
            {
                Sse.Prefetch0(block);
                Sse.Prefetch0(block + 64);
                Sse.Prefetch0(block + 128);
                Sse.Prefetch0(block + 192);
            }
        }
    }

    // A block of one unit, of one row: of each half of the outputs two chains of products at a time, of the lower and the upper inputs.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddUnit(ref Vector256<float> lower, ref Vector256<float> upper, byte* block, in QuantizedRows x, long at)
    {
        int* fours = (int*)(x.Bytes + (at * 32));
        Vector256<int> a0 = Start(x.Sums[at]), a1 = a0, b0 = default, b1 = default;
        Four(ref a0, ref a1, block, 0, false, 0, fours);
        Four(ref b0, ref b1, block, 0, false, 4, fours);
        Four(ref a0, ref a1, block, 0, false, 1, fours);
        Four(ref b0, ref b1, block, 0, false, 5, fours);
        Four(ref a0, ref a1, block, 0, false, 2, fours);
        Four(ref b0, ref b1, block, 0, false, 6, fours);
        Four(ref a0, ref a1, block, 0, false, 3, fours);
        Four(ref b0, ref b1, block, 0, false, 7, fours);
        lower = Join(lower, a0 + b0, x.Scales[at], x.Totals[at], TCodec.Scale(block, null, false), null);
        upper = Join(upper, a1 + b1, x.Scales[at], x.Totals[at], TCodec.Scale(block, null, true), null);
    }

    // Two units of one row, which lie in the halves of the same bytes.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddTwo(
        ref Vector256<float> lower, ref Vector256<float> upper, byte* block, int unit, in QuantizedRows x, long at, float* scales, float* minima)
    {
        int* fours = (int*)(x.Bytes + (at * 32));
        Vector256<int> a0 = Start(x.Sums[at]), a1 = a0, b0 = Start(x.Sums[at + 1]), b1 = b0;
        Both(ref a0, ref a1, ref b0, ref b1, block, unit, 0, fours);
        Both(ref a0, ref a1, ref b0, ref b1, block, unit, 1, fours);
        Both(ref a0, ref a1, ref b0, ref b1, block, unit, 2, fours);
        Both(ref a0, ref a1, ref b0, ref b1, block, unit, 3, fours);
        Both(ref a0, ref a1, ref b0, ref b1, block, unit, 4, fours);
        Both(ref a0, ref a1, ref b0, ref b1, block, unit, 5, fours);
        Both(ref a0, ref a1, ref b0, ref b1, block, unit, 6, fours);
        Both(ref a0, ref a1, ref b0, ref b1, block, unit, 7, fours);
        lower = Join(lower, a0, x.Scales[at], x.Totals[at], TCodec.Scale(block, scales, false), minima);
        upper = Join(upper, a1, x.Scales[at], x.Totals[at], TCodec.Scale(block, scales, true), minima + 8);
        scales += TileOutputs;
        minima += TileOutputs;
        lower = Join(lower, b0, x.Scales[at + 1], x.Totals[at + 1], TCodec.Scale(block, scales, false), minima);
        upper = Join(upper, b1, x.Scales[at + 1], x.Totals[at + 1], TCodec.Scale(block, scales, true), minima + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Both(
        ref Vector256<int> a0, ref Vector256<int> a1, ref Vector256<int> b0, ref Vector256<int> b1, byte* block, int unit, int four, int* fours)
    {
        Four(ref a0, ref a1, block, unit, false, four, fours);
        Four(ref b0, ref b1, block, unit, true, four, fours + 8);
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
