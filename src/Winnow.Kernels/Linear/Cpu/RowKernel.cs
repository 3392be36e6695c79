using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>
/// One input row times up to 16 weight rows: the products of a decode step, bound by the memory that the weights come from. Weights are
/// widened in registers, eight rows at a time where there are 32 of those, else four, so that the chains of additions overlap.
/// </summary>
internal static unsafe class RowKernel<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>Weight rows of one call.</summary>
    public const int Outputs = 16;

    /// <summary>Floats of scratch that a call needs, for the ends of four rows; the products of bytes that take turns with it need no more.</summary>
    public const int ScratchFloats = WeightRows.PieceBytes / sizeof(float);

    /// <summary>Computes the lanes' sums of up to 16 products; they are not yet added up across lanes.</summary>
    /// <param name="type">The weight type.</param>
    /// <param name="weight">The first weight row.</param>
    /// <param name="rowBytes">Bytes from one weight row to the next.</param>
    /// <param name="rows">How many weight rows, 1 to 16.</param>
    /// <param name="x">The input row, padded with zeros to a multiple of 32.</param>
    /// <param name="inputs">Values in a row.</param>
    /// <param name="sums">Room for 16 vectors; only the first <paramref name="rows"/> are meant.</param>
    /// <param name="scratch"><see cref="ScratchFloats"/> floats.</param>
    /// <param name="finite">Whether halves that are known to be finite may be taken as <see cref="FiniteHalves"/>.</param>
    public static void Run(DType type, byte* weight, nint rowBytes, int rows, float* x, long inputs, float* sums, float* scratch, bool finite)
    {
        switch (type.FileOrder())
        {
            case DType.F32:
                Units<SingleCodec<TLanes, TVector>>(type, weight, rowBytes, rows, x, inputs, sums, scratch);
                break;
            case DType.F16 when finite && type == DType.F16x8:
                Units<FiniteHalfCodec<TLanes, TVector>>(type, weight, rowBytes, rows, x, inputs, sums, scratch);
                break;
            case DType.F16:
                Units<HalfCodec<TLanes, TVector>>(type, weight, rowBytes, rows, x, inputs, sums, scratch);
                break;
            case DType.BF16:
                Units<BrainCodec<TLanes, TVector>>(type, weight, rowBytes, rows, x, inputs, sums, scratch);
                break;
            default:
                throw new ArgumentException($"Weights of {type} are multiplied as bytes, others are F32, F16 or BF16.", nameof(type));
        }
    }

    /// <summary>A vector of inputs, as a type's weights are multiplied with it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector LoadInput<TCodec>(float* x)
        where TCodec : struct, IUnitCodec<TVector> =>
        TCodec.InputScale == 1 ? TLanes.Load(x) : TLanes.Multiply(TLanes.Load(x), TLanes.Broadcast(TCodec.InputScale));

    // The next four rows, as long as they fit the first-level cache beside these; the hardware does not see that far over short rows.
    private static nint Ahead(nint rowBytes) => rowBytes <= 4096 ? 4 * rowBytes : 2048;

    private static void Units<TCodec>(DType type, byte* weight, nint rowBytes, int rows, float* x, long inputs, float* sums, float* scratch)
        where TCodec : struct, IUnitCodec<TVector>
    {
        int row = 0;
        int groups = type.GroupRows() == EightRows.Count ? rows / EightRows.Count : 0;
        for (; WideRowKernel<TLanes, TVector>.IsUsed && inputs % 32 == 0 && row <= rows - EightRows.Count; row += EightRows.Count)
        {
            WideRowKernel<TLanes, TVector>.Run<TCodec>(weight + (row * rowBytes), rowBytes, groups > 0, x, inputs, sums + (row * TLanes.Count));
        }

        for (; row < rows; row += 4)
        {
            bool grouped = row < groups * EightRows.Count;
            byte* first = weight + (row * rowBytes);
            if (grouped)
            {
                first = weight + (row / EightRows.Count * EightRows.Count * rowBytes) + (row % EightRows.Count * RowGroups.LineBytes);
            }

            // Past the last row the last one is computed again; nobody looks at the result.
            nint stride = grouped ? RowGroups.LineBytes : rowBytes;
            int last = rows - 1 - row;
            Four<TCodec>(
                first, first + (Math.Min(1, last) * stride), first + (Math.Min(2, last) * stride), first + (Math.Min(3, last) * stride), x, inputs, sums + (row * TLanes.Count), scratch,
                grouped ? EightRows.Count * TCodec.UnitBytes : TCodec.UnitBytes, grouped ? EightRows.Count * RowGroups.LineBytes * 4 : Ahead(rowBytes));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Four<TCodec>(
        byte* w0, byte* w1, byte* w2, byte* w3, float* x, long inputs, float* sums, float* scratch, nint step, nint ahead)
        where TCodec : struct, IUnitCodec<TVector>
    {
        Column<TLanes, TVector> column = default;
        for (long unit = inputs / 32; unit > 0; unit--)
        {
            if (Sse.IsSupported)
            {
                Sse.Prefetch0(w0 + ahead);
                Sse.Prefetch0(w1 + ahead);
                Sse.Prefetch0(w2 + ahead);
                Sse.Prefetch0(w3 + ahead);
            }

            // Written out, because the codec's code depends on the index and must not at run time.
            Part<TCodec>(ref column, x, w0, w1, w2, w3, 0);
            Part<TCodec>(ref column, x, w0, w1, w2, w3, 1);
            if (TLanes.Count < 16)
            {
                Part<TCodec>(ref column, x, w0, w1, w2, w3, 2);
                Part<TCodec>(ref column, x, w0, w1, w2, w3, 3);
            }

            if (TLanes.Count < 8)
            {
                Part<TCodec>(ref column, x, w0, w1, w2, w3, 4);
                Part<TCodec>(ref column, x, w0, w1, w2, w3, 5);
                Part<TCodec>(ref column, x, w0, w1, w2, w3, 6);
                Part<TCodec>(ref column, x, w0, w1, w2, w3, 7);
            }

            x += 32;
            w0 += step;
            w1 += step;
            w2 += step;
            w3 += step;
        }

        column.Store(sums);
        if (inputs % 32 != 0)
        {
            Tail<TCodec>(w0, w1, w2, w3, x, (int)(inputs % 32), sums, scratch);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Part<TCodec>(
        ref Column<TLanes, TVector> column,
        float* x,
        byte* w0,
        byte* w1,
        byte* w2,
        byte* w3,
        int index)
        where TCodec : struct, IUnitCodec<TVector> => column.Add(
            LoadInput<TCodec>(x + (index * TLanes.Count)),
            TCodec.Widen(w0, default, index),
            TCodec.Widen(w1, default, index),
            TCodec.Widen(w2, default, index),
            TCodec.Widen(w3, default, index));

    // The rest of a row of plain numbers, each row's copied to where zeros follow it.
    private static void Tail<TCodec>(byte* w0, byte* w1, byte* w2, byte* w3, float* x, int values, float* sums, float* scratch)
        where TCodec : struct, IUnitCodec<TVector>
    {
        Column<TLanes, TVector> column = default;
        column.Load(sums);
        byte* copies = (byte*)scratch;
        int bytes = TCodec.UnitBytes / 32 * values;
        new Span<byte>(copies, 4 * TCodec.UnitBytes).Clear();
        Buffer.MemoryCopy(w0, copies, bytes, bytes);
        Buffer.MemoryCopy(w1, copies + TCodec.UnitBytes, bytes, bytes);
        Buffer.MemoryCopy(w2, copies + (2 * TCodec.UnitBytes), bytes, bytes);
        Buffer.MemoryCopy(w3, copies + (3 * TCodec.UnitBytes), bytes, bytes);
        for (int i = 0; i < 32 / TLanes.Count; i++)
        {
            column.Add(
                LoadInput<TCodec>(x + (i * TLanes.Count)),
                TCodec.Widen(copies, default, i),
                TCodec.Widen(copies + TCodec.UnitBytes, default, i),
                TCodec.Widen(copies + (2 * TCodec.UnitBytes), default, i),
                TCodec.Widen(copies + (3 * TCodec.UnitBytes), default, i));
        }

        column.Store(sums);
    }
}
