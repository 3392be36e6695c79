using System.Runtime.CompilerServices;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>
/// One input row times eight weight rows at once, where there are registers for it: twice as many chains of additions as
/// <see cref="RowKernel{TLanes, TVector}"/> has, and half as many ends of short loops. Each sum is the same chain.
/// </summary>
internal static unsafe class WideRowKernel<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>Whether this width has 32 registers.</summary>
    public static bool IsUsed => TLanes.Count == 16;

    /// <summary>Computes the lanes' sums of eight products.</summary>
    /// <param name="w">The first weight row.</param>
    /// <param name="rowBytes">Bytes of a weight row.</param>
    /// <param name="grouped">Whether the rows are interleaved line by line.</param>
    /// <param name="x">The input row.</param>
    /// <param name="inputs">Values in a row, a multiple of 32.</param>
    /// <param name="sums">Room for eight vectors.</param>
    public static void Run<TCodec>(byte* w, nint rowBytes, bool grouped, float* x, long inputs, float* sums)
        where TCodec : struct, IUnitCodec<TVector>
    {
        if (grouped)
        {
            OneStream<TCodec>(w, x, inputs / 32, sums);
            return;
        }

        EightStreams<TCodec>(w, rowBytes, x, inputs / 32, sums);
    }

    // These call nothing: the sums would have to lie in memory for it.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void EightStreams<TCodec>(byte* w, nint rowBytes, float* x, long units, float* sums)
        where TCodec : struct, IUnitCodec<TVector> =>
        Eight<TCodec>(w, rowBytes, TCodec.UnitBytes, x, units, sums, w + EightRows.Ahead(rowBytes), EightRows.IsNear(rowBytes), true);

    // A stream the processor follows by itself, and better.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void OneStream<TCodec>(byte* w, float* x, long units, float* sums)
        where TCodec : struct, IUnitCodec<TVector> =>
        Eight<TCodec>(w, TCodec.UnitBytes, EightRows.Count * TCodec.UnitBytes, x, units, sums, null, false, false);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Eight<TCodec>(
        byte* w, nint rowBytes, nint step, float* x, long units, float* sums, byte* ahead, bool near, bool fetch)
        where TCodec : struct, IUnitCodec<TVector>
    {
        TVector a0 = default, a1 = default, a2 = default, a3 = default, a4 = default, a5 = default, a6 = default, a7 = default;
        for (; units > 0; units--)
        {
            if (fetch)
            {
                EightRows.Prefetch(ahead, 8 * TCodec.UnitBytes, near);
                ahead += 8 * TCodec.UnitBytes;
            }

            TVector x0 = RowKernel<TLanes, TVector>.LoadInput<TCodec>(x);
            TVector x1 = RowKernel<TLanes, TVector>.LoadInput<TCodec>(x + TLanes.Count);
            byte* w3 = w + (3 * rowBytes);
            byte* w6 = w3 + (3 * rowBytes);
            a0 = Add<TCodec>(a0, x0, x1, w);
            a1 = Add<TCodec>(a1, x0, x1, w + rowBytes);
            a2 = Add<TCodec>(a2, x0, x1, w + (2 * rowBytes));
            a3 = Add<TCodec>(a3, x0, x1, w3);
            a4 = Add<TCodec>(a4, x0, x1, w3 + rowBytes);
            a5 = Add<TCodec>(a5, x0, x1, w3 + (2 * rowBytes));
            a6 = Add<TCodec>(a6, x0, x1, w6);
            a7 = Add<TCodec>(a7, x0, x1, w6 + rowBytes);
            x += 32;
            w += step;
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
    private static TVector Add<TCodec>(TVector sum, TVector x0, TVector x1, byte* unit)
        where TCodec : struct, IUnitCodec<TVector>
    {
        TVector first = TCodec.Widen(unit, default, 0);
        TVector second = TCodec.Widen(unit, default, 1);
        return TLanes.MultiplyAdd(second, x1, TLanes.MultiplyAdd(first, x0, sum));
    }
}
