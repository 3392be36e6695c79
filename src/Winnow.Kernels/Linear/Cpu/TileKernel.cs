using System.Runtime.CompilerServices;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>
/// Multiplies four packed input rows with six packed weight rows. Each of the 24 results is a vector of running sums over the input
/// dimension, in the same order in which <see cref="RowKernel{TLanes, TVector}"/> adds.
/// </summary>
internal static unsafe class TileKernel<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>Input rows of a group.</summary>
    public const int Rows = 4;

    /// <summary>Weight rows of a tile.</summary>
    public const int Outputs = 6;

    /// <summary>Adds one piece of the input dimension to the sums of a tile.</summary>
    /// <param name="x">[steps, 4, Count].</param>
    /// <param name="w">[steps, 6, Count].</param>
    /// <param name="sums">[6, 4, Count].</param>
    /// <param name="steps">Vectors in the piece.</param>
    /// <param name="fresh">True for the first piece: the sums start at zero.</param>
    public static void Run(float* x, float* w, float* sums, nint steps, bool fresh)
    {
        if (TLanes.TileColumns == Outputs)
        {
            Six(x, w, sums, steps, fresh);
        }
        else
        {
            Two(x, w, sums, steps, fresh);
            Two(x, w + (2 * TLanes.Count), sums + (2 * Rows * TLanes.Count), steps, fresh);
            Two(x, w + (4 * TLanes.Count), sums + (4 * Rows * TLanes.Count), steps, fresh);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Six(float* x, float* w, float* sums, nint steps, bool fresh)
    {
        int column = Rows * TLanes.Count;
        Column<TLanes, TVector> c0 = default, c1 = default, c2 = default, c3 = default, c4 = default, c5 = default;
        if (!fresh)
        {
            c0.Load(sums);
            c1.Load(sums + column);
            c2.Load(sums + (2 * column));
            c3.Load(sums + (3 * column));
            c4.Load(sums + (4 * column));
            c5.Load(sums + (5 * column));
        }

        for (float* end = w + (steps * Outputs * TLanes.Count); w < end; w += Outputs * TLanes.Count, x += Rows * TLanes.Count)
        {
            TVector x0 = TLanes.Load(x);
            TVector x1 = TLanes.Load(x + TLanes.Count);
            TVector x2 = TLanes.Load(x + (2 * TLanes.Count));
            TVector x3 = TLanes.Load(x + (3 * TLanes.Count));
            c0.Add(TLanes.Load(w), x0, x1, x2, x3);
            c1.Add(TLanes.Load(w + TLanes.Count), x0, x1, x2, x3);
            c2.Add(TLanes.Load(w + (2 * TLanes.Count)), x0, x1, x2, x3);
            c3.Add(TLanes.Load(w + (3 * TLanes.Count)), x0, x1, x2, x3);
            c4.Add(TLanes.Load(w + (4 * TLanes.Count)), x0, x1, x2, x3);
            c5.Add(TLanes.Load(w + (5 * TLanes.Count)), x0, x1, x2, x3);
        }

        c0.Store(sums);
        c1.Store(sums + column);
        c2.Store(sums + (2 * column));
        c3.Store(sums + (3 * column));
        c4.Store(sums + (4 * column));
        c5.Store(sums + (5 * column));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Two(float* x, float* w, float* sums, nint steps, bool fresh)
    {
        int column = Rows * TLanes.Count;
        Column<TLanes, TVector> c0 = default, c1 = default;
        if (!fresh)
        {
            c0.Load(sums);
            c1.Load(sums + column);
        }

        for (float* end = w + (steps * Outputs * TLanes.Count); w < end; w += Outputs * TLanes.Count, x += Rows * TLanes.Count)
        {
            TVector x0 = TLanes.Load(x);
            TVector x1 = TLanes.Load(x + TLanes.Count);
            TVector x2 = TLanes.Load(x + (2 * TLanes.Count));
            TVector x3 = TLanes.Load(x + (3 * TLanes.Count));
            c0.Add(TLanes.Load(w), x0, x1, x2, x3);
            c1.Add(TLanes.Load(w + TLanes.Count), x0, x1, x2, x3);
        }

        c0.Store(sums);
        c1.Store(sums + column);
    }
}
