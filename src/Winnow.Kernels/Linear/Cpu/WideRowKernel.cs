using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>
/// One input row times eight weight rows at once, where there are registers for it: twice as many chains of additions as
/// <see cref="RowKernel{TLanes, TVector}"/> has, and half as many ends of short loops. Each sum is the same chain.
/// </summary>
internal static unsafe class WideRowKernel<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    private const int Batch = EightRows.Count;

    /// <summary>Whether this width has 32 registers.</summary>
    public static bool IsUsed => TLanes.Count == 16;

    /// <summary>Computes the lanes' sums of eight products.</summary>
    /// <param name="w">The first weight row.</param>
    /// <param name="rowBytes">Bytes from one weight row to the next.</param>
    /// <param name="x">The input row.</param>
    /// <param name="inputs">Values in a row, a multiple of 32.</param>
    /// <param name="sums">Room for eight vectors.</param>
    /// <param name="scales">Room for 64 floats.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Eight<TCodec>(byte* w, nint rowBytes, float* x, long inputs, float* sums, float* scales)
        where TCodec : struct, IUnitCodec<TVector>
    {
        TVector a0 = default, a1 = default, a2 = default, a3 = default, a4 = default, a5 = default, a6 = default, a7 = default;

        nint half = 4 * rowBytes;
        byte* ahead = w + EightRows.Ahead(rowBytes);
        for (long left = inputs / 32; left > 0; left -= Batch)
        {
            int units = (int)Math.Min(left, Batch);
            if (TCodec.IsScaled)
            {
                EightRows.LoadScales(w, rowBytes, units, TCodec.UnitBytes, scales);
            }

            float* scale = scales;
            for (float* end = scales + units; scale < end; scale++)
            {
                Prefetch<TCodec>(ahead, rowBytes, half);
                half = -half;
                ahead += TCodec.UnitBytes - half;
                TVector x0 = TLanes.Load(x);
                TVector x1 = TLanes.Load(x + TLanes.Count);
                byte* w3 = w + (3 * rowBytes);
                byte* w6 = w3 + (3 * rowBytes);
                a0 = Add<TCodec>(a0, x0, x1, w, scale);
                a1 = Add<TCodec>(a1, x0, x1, w + rowBytes, scale + Batch);
                a2 = Add<TCodec>(a2, x0, x1, w + (2 * rowBytes), scale + (2 * Batch));
                a3 = Add<TCodec>(a3, x0, x1, w3, scale + (3 * Batch));
                a4 = Add<TCodec>(a4, x0, x1, w3 + rowBytes, scale + (4 * Batch));
                a5 = Add<TCodec>(a5, x0, x1, w3 + (2 * rowBytes), scale + (5 * Batch));
                a6 = Add<TCodec>(a6, x0, x1, w6, scale + (6 * Batch));
                a7 = Add<TCodec>(a7, x0, x1, w6 + rowBytes, scale + (7 * Batch));
                x += 32;
                w += TCodec.UnitBytes;
            }
        }

        TLanes.Store(a0, sums);
        TLanes.Store(a1, sums + TLanes.Count);
        TLanes.Store(a2, sums + (2 * TLanes.Count));
        TLanes.Store(a3, sums + (3 * TLanes.Count));
        TLanes.Store(a4, sums + (4 * TLanes.Count));
        TLanes.Store(a5, sums + (5 * TLanes.Count));
        TLanes.Store(a6, sums + (6 * TLanes.Count));
        TLanes.Store(a7, sums + (7 * TLanes.Count));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Add<TCodec>(TVector sum, TVector x0, TVector x1, byte* unit, float* scale)
        where TCodec : struct, IUnitCodec<TVector>
    {
        TVector scales = TCodec.IsScaled ? TLanes.Broadcast(*scale) : default;
        sum = TLanes.MultiplyAdd(TCodec.Widen(unit, scales, 0), x0, sum);
        return TLanes.MultiplyAdd(TCodec.Widen(unit, scales, 1), x1, sum);
    }

    // Units of about half a line or less: four rows in turns with the other four.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch<TCodec>(byte* ahead, nint rowBytes, nint half)
        where TCodec : struct, IUnitCodec<TVector>
    {
        if (!Sse.IsSupported)
        {
            return;
        }

        Sse.Prefetch0(ahead);
        Sse.Prefetch0(ahead + rowBytes);
        Sse.Prefetch0(ahead + (2 * rowBytes));
        Sse.Prefetch0(ahead + (3 * rowBytes));
        if (TCodec.UnitBytes > 34)
        {
            ahead += half;
            Sse.Prefetch0(ahead);
            Sse.Prefetch0(ahead + rowBytes);
            Sse.Prefetch0(ahead + (2 * rowBytes));
            Sse.Prefetch0(ahead + (3 * rowBytes));
        }
    }
}
