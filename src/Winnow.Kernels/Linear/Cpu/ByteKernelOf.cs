using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>The kernels of one block type with one kind of instructions.</summary>
internal sealed unsafe partial class ByteKernelOf<TCodec, TDot> : ByteKernel
    where TCodec : struct, IByteCodec
    where TDot : struct, IByteDot
{
    /// <inheritdoc/>
    protected override void AddRow(byte* group, int units, in QuantizedRows x, long firstUnit, float* sums, bool fresh)
    {
        if (fresh)
        {
            new Span<float>(sums, TileOutputs).Clear();
        }

        // Each way is a method of its own: the compiler inlines only so much into one, and counts what the type does not have.
        if (TDot.IsWide && SumsInShort >= 2 && TCodec.Units == 1)
        {
            AddUnitsOfAll(group, units, x, firstUnit, sums);
        }
        else if (TDot.IsWide && SumsInShort >= 2 && !TCodec.HasFactors)
        {
            AddTwosOfAll(group, units, x, firstUnit, sums);
        }
        else if (TCodec.Units == 1)
        {
            AddUnits(group, units, x, firstUnit, sums);
        }
        else if (TCodec.HasFactors && TDot.IsWide)
        {
            AddHalvesOfAll(group, units, x, firstUnit, sums);
        }
        else if (TCodec.HasFactors)
        {
            AddHalves(group, units, x, firstUnit, sums);
        }
        else
        {
            AddTwos(group, units, x, firstUnit, sums);
        }
    }

    /// <inheritdoc/>
    protected override void UnpackGroup(byte* group, int units, byte* tile, float* scales, float* minima)
    {
        if (TCodec.Units == 1)
        {
            UnpackUnits(group, units, tile, scales, minima);
        }
        else
        {
            UnpackBlocks(group, units, tile, scales, minima);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddUnits(byte* group, int units, in QuantizedRows x, long firstUnit, float* sums)
    {
        Vector256<float> lower = Vector256.Load(sums), upper = Vector256.Load(sums + 8);
        for (long unit = firstUnit; unit < firstUnit + units; unit++, group += TCodec.BlockBytes * RowGroups.Rows)
        {
            Fetch(group);
            AddUnit(ref lower, ref upper, group, x, unit);
        }

        lower.Store(sums);
        upper.Store(sums + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddTwos(byte* group, int units, in QuantizedRows x, long firstUnit, float* sums)
    {
        float* scales = stackalloc float[TileOutputs * TCodec.Units];
        float* minima = stackalloc float[TileOutputs * TCodec.Units];
        Vector256<float> lower = Vector256.Load(sums), upper = Vector256.Load(sums + 8);
        for (long unit = firstUnit; unit < firstUnit + units; unit += TCodec.Units, group += TCodec.BlockBytes * RowGroups.Rows)
        {
            TCodec.Prepare(group, scales, minima);
            Fetch(group);
            for (int i = 0; i < TCodec.Units; i += 2)
            {
                AddTwo(ref lower, ref upper, group, i, x, unit + i, scales, minima);
            }
        }

        lower.Store(sums);
        upper.Store(sums + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddHalves(byte* group, int units, in QuantizedRows x, long firstUnit, float* sums)
    {
        float* scales = stackalloc float[TileOutputs * TCodec.Units];
        Vector256<float> lower = Vector256.Load(sums), upper = Vector256.Load(sums + 8);
        for (long unit = firstUnit; unit < firstUnit + units; unit += TCodec.Units, group += TCodec.BlockBytes * RowGroups.Rows)
        {
            TCodec.Prepare(group, scales, null);
            Fetch(group);
            for (int i = 0; i < TCodec.Units; i += 4)
            {
                AddHalves(ref lower, ref upper, group, i, 0, x, unit + i, scales);
                AddHalves(ref lower, ref upper, group, i, 2, x, unit + i + 2, scales);
            }
        }

        lower.Store(sums);
        upper.Store(sums + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void UnpackUnits(byte* group, int units, byte* tile, float* scales, float* minima)
    {
        for (; units > 0; units--, group += TCodec.BlockBytes * RowGroups.Rows, tile += 32 * TileOutputs)
        {
            Copy(group, 0, 0, 0, tile);
            Copy(group, 0, 0, 1, tile);
            Copy(group, 0, 0, 2, tile);
            Copy(group, 0, 0, 3, tile);
            Copy(group, 0, 0, 4, tile);
            Copy(group, 0, 0, 5, tile);
            Copy(group, 0, 0, 6, tile);
            Copy(group, 0, 0, 7, tile);
            CopyScales(group, 0, 0, null, null, ref scales, ref minima);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void UnpackBlocks(byte* group, int units, byte* tile, float* scales, float* minima)
    {
        float* blockScales = stackalloc float[TileOutputs * TCodec.Units];
        float* blockMinima = stackalloc float[TileOutputs * TCodec.Units];
        for (int unit = 0; unit < units; unit += TCodec.Units, group += TCodec.BlockBytes * RowGroups.Rows)
        {
            TCodec.Prepare(group, blockScales, blockMinima);
            for (int i = 0; i < TCodec.Units; i += 4, tile += 4 * 32 * TileOutputs)
            {
                for (int four = 0; four < 8; four++)
                {
                    Copy(group, i, 0, four, tile);
                    Copy(group, i, 1, four, tile + (32 * TileOutputs));
                    Copy(group, i, 2, four, tile + (2 * 32 * TileOutputs));
                    Copy(group, i, 3, four, tile + (3 * 32 * TileOutputs));
                }

                for (int part = 0; part < 4; part++)
                {
                    CopyScales(group, i, part, blockScales, blockMinima, ref scales, ref minima);
                }
            }
        }
    }

    // What a byte's offset adds to a sum, taken away beforehand: to that of a unit, or of its first half if it has factors.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> First(int* sums, int* halfSums, long unit) =>
        TCodec.Offset == 0 ? default : Vector256.Create(-TCodec.Offset * (TCodec.HasFactors ? (short)halfSums[unit] : sums[unit]));

    // The same of the second half.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Second(int* halfSums, long unit) => Vector256.Create(-TCodec.Offset * (halfSums[unit] >> 16));

    // A unit's sums of those of its halves.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Whole(Vector256<int> first, Vector256<int> second, Vector256<int> factors) =>
        (first * ((factors << 24) >> 24)) + (second * ((factors << 16) >> 24));

    // The one place where whole numbers become a part of a result.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Join(Vector256<float> sums, Vector256<int> products, float scale, float total, Vector256<float> scales, Vector256<float> minima)
    {
        sums = Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle(products), scales * Vector256.Create(scale), sums);
        return TCodec.HasMinima ? Vector256.FusedMultiplyAdd(minima, Vector256.Create(-total), sums) : sums;
    }

    // A block that comes 8 KB later. The processor by itself does not look that far, and asks for nothing while scales are worked out.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fetch(byte* block)
    {
        if (Sse.IsSupported)
        {
            block += 8192;
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
        Vector256<int> a0 = First(x.Sums, x.HalfSums, at), a1 = a0, b0 = default, b1 = default;
        Four(ref a0, ref a1, block, 0, 0, 0, fours);
        Four(ref b0, ref b1, block, 0, 0, 4, fours);
        Four(ref a0, ref a1, block, 0, 0, 1, fours);
        Four(ref b0, ref b1, block, 0, 0, 5, fours);
        Four(ref a0, ref a1, block, 0, 0, 2, fours);
        Four(ref b0, ref b1, block, 0, 0, 6, fours);
        Four(ref a0, ref a1, block, 0, 0, 3, fours);
        Four(ref b0, ref b1, block, 0, 0, 7, fours);
        lower = Join(lower, a0 + b0, x.Scales[at], x.Totals[at], TCodec.Scale(block, null, 0, false), TCodec.Minimum(block, null, 0, false));
        upper = Join(upper, a1 + b1, x.Scales[at], x.Totals[at], TCodec.Scale(block, null, 0, true), TCodec.Minimum(block, null, 0, true));
    }

    // Two units of one row, which lie in the halves of the same bytes.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddTwo(
        ref Vector256<float> lower, ref Vector256<float> upper, byte* block, int unit, in QuantizedRows x, long at, float* scales, float* minima)
    {
        int* fours = (int*)(x.Bytes + (at * 32));
        Vector256<int> a0 = First(x.Sums, x.HalfSums, at), a1 = a0, b0 = First(x.Sums, x.HalfSums, at + 1), b1 = b0;
        Both(ref a0, ref a1, ref b0, ref b1, block, unit, 0, 0, fours);
        Both(ref a0, ref a1, ref b0, ref b1, block, unit, 0, 1, fours);
        Both(ref a0, ref a1, ref b0, ref b1, block, unit, 0, 2, fours);
        Both(ref a0, ref a1, ref b0, ref b1, block, unit, 0, 3, fours);
        Both(ref a0, ref a1, ref b0, ref b1, block, unit, 0, 4, fours);
        Both(ref a0, ref a1, ref b0, ref b1, block, unit, 0, 5, fours);
        Both(ref a0, ref a1, ref b0, ref b1, block, unit, 0, 6, fours);
        Both(ref a0, ref a1, ref b0, ref b1, block, unit, 0, 7, fours);
        AddWhole(ref lower, a0, block, unit, false, x, at, scales, minima);
        AddWhole(ref upper, a1, block, unit, true, x, at, scales, minima);
        AddWhole(ref lower, b0, block, unit + 1, false, x, at + 1, scales, minima);
        AddWhole(ref upper, b1, block, unit + 1, true, x, at + 1, scales, minima);
    }

    // The same of units whose halves have factors. Loops, because the compiler inlines only so much.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddHalves(
        ref Vector256<float> lower, ref Vector256<float> upper, byte* block, int unit, int part, in QuantizedRows x, long at, float* scales)
    {
        int* fours = (int*)(x.Bytes + (at * 32));
        Vector256<int> a0 = First(x.Sums, x.HalfSums, at), a1 = a0, b0 = First(x.Sums, x.HalfSums, at + 1), b1 = b0;
        Vector256<int> c0 = Second(x.HalfSums, at), c1 = c0, d0 = Second(x.HalfSums, at + 1), d1 = d0;
        for (int four = 0; four < 4; four++)
        {
            Both(ref a0, ref a1, ref b0, ref b1, block, unit, part, four, fours);
        }

        for (int four = 4; four < 8; four++)
        {
            Both(ref c0, ref c1, ref d0, ref d1, block, unit, part, four, fours);
        }

        AddWhole(ref lower, Whole(a0, c0, TCodec.Factors(block, unit, part, false)), block, unit + part, false, x, at, scales, null);
        AddWhole(ref upper, Whole(a1, c1, TCodec.Factors(block, unit, part, true)), block, unit + part, true, x, at, scales, null);
        AddWhole(ref lower, Whole(b0, d0, TCodec.Factors(block, unit, part + 1, false)), block, unit + part + 1, false, x, at + 1, scales, null);
        AddWhole(ref upper, Whole(b1, d1, TCodec.Factors(block, unit, part + 1, true)), block, unit + part + 1, true, x, at + 1, scales, null);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddWhole(
        ref Vector256<float> sums, Vector256<int> products, byte* block, int unit, bool upper, in QuantizedRows x, long at, float* scales, float* minima) =>
        sums = Join(sums, products, x.Scales[at], x.Totals[at], TCodec.Scale(block, scales, unit, upper), TCodec.Minimum(block, minima, unit, upper));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Both(
        ref Vector256<int> a0, ref Vector256<int> a1, ref Vector256<int> b0, ref Vector256<int> b1, byte* block, int unit, int part, int four, int* fours)
    {
        Four(ref a0, ref a1, block, unit, part, four, fours);
        Four(ref b0, ref b1, block, unit, part + 1, four, fours + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Four(ref Vector256<int> lower, ref Vector256<int> upper, byte* block, int unit, int part, int four, int* fours)
    {
        Vector256<sbyte> value = Vector256.Create(fours[four]).AsSByte();
        lower = TDot.Add(lower, TCodec.Unpack(block, unit, part, four, false), value);
        upper = TDot.Add(upper, TCodec.Unpack(block, unit, part, four, true), value);
    }

    // A unit's scales for a tile.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopyScales(byte* block, int unit, int part, float* blockScales, float* blockMinima, ref float* scales, ref float* minima)
    {
        TCodec.Scale(block, blockScales, unit + part, false).Store(scales);
        TCodec.Scale(block, blockScales, unit + part, true).Store(scales + 8);
        if (TCodec.HasMinima)
        {
            TCodec.Minimum(block, blockMinima, unit + part, false).Store(minima);
            TCodec.Minimum(block, blockMinima, unit + part, true).Store(minima + 8);
        }

        if (TCodec.HasFactors)
        {
            TCodec.Factors(block, unit, part, false).Store((int*)minima);
            TCodec.Factors(block, unit, part, true).Store((int*)minima + 8);
        }

        scales += TileOutputs;
        minima += TileOutputs;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy(byte* block, int unit, int part, int four, byte* tile)
    {
        TCodec.Unpack(block, unit, part, four, false).Store(tile + (64 * four));
        TCodec.Unpack(block, unit, part, four, true).Store(tile + (64 * four) + 32);
    }
}
