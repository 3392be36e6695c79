using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Kernels.Linear.Cpu;

/// <content>Products of one row with small bytes as they lie, all sixteen outputs in a vector.</content>
internal sealed unsafe partial class ByteKernelOf<TCodec, TDot>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddUnitsOfAll(byte* group, int units, in QuantizedRows x, long firstUnit, float* sums)
    {
        Vector512<float> results = Vector512.Load(sums);
        for (long unit = firstUnit; unit < firstUnit + units; unit++, group += TCodec.BlockBytes * RowGroups.Rows)
        {
            Fetch(group);
            results = Join(results, Products(group, 0, 0, x, unit), x.Scales[unit], x.Totals[unit], TCodec.AllScales(group, null, 0), TCodec.AllMinima(group, null, 0));
        }

        results.Store(sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddTwosOfAll(byte* group, int units, in QuantizedRows x, long firstUnit, float* sums)
    {
        float* scales = stackalloc float[TileOutputs * TCodec.Units];
        float* minima = stackalloc float[TileOutputs * TCodec.Units];
        Vector512<float> results = Vector512.Load(sums);
        for (long unit = firstUnit; unit < firstUnit + units; unit += TCodec.Units, group += TCodec.BlockBytes * RowGroups.Rows)
        {
            TCodec.Prepare(group, scales, minima);
            Fetch(group);
            for (int i = 0; i < TCodec.Units; i += 2)
            {
                long at = unit + i;
                Vector512<int> first = Products(group, i, 0, x, at), second = Products(group, i, 1, x, at + 1);
                results = Join(results, first, x.Scales[at], x.Totals[at], TCodec.AllScales(group, scales, i), TCodec.AllMinima(group, minima, i));
                results = Join(results, second, x.Scales[at + 1], x.Totals[at + 1], TCodec.AllScales(group, scales, i + 1), TCodec.AllMinima(group, minima, i + 1));
            }
        }

        results.Store(sums);
    }

    // A unit of a block.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Products(byte* block, int unit, int part, in QuantizedRows x, long at)
    {
        Vector512<byte> w0 = TCodec.UnpackAll(block, unit, part, 0), w1 = TCodec.UnpackAll(block, unit, part, 1), w2 = TCodec.UnpackAll(block, unit, part, 2);
        Vector512<byte> w3 = TCodec.UnpackAll(block, unit, part, 3), w4 = TCodec.UnpackAll(block, unit, part, 4), w5 = TCodec.UnpackAll(block, unit, part, 5);
        Vector512<byte> w6 = TCodec.UnpackAll(block, unit, part, 6), w7 = TCodec.UnpackAll(block, unit, part, 7);
        int* fours = (int*)(x.Bytes + (at * 32));
        return Products(w0, w1, w2, w3, w4, w5, w6, w7, fours, Vector512<short>.One, Vector512<short>.One) + Start(default, x.Sums[at]);
    }
}
