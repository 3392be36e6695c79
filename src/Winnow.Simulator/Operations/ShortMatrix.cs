using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Winnow.Simulator.Execution;

namespace Winnow.Simulator.Operations;

/// <summary>Matrices of 8 rows of 8 values of 16 bits: what the lanes of one register hold, read in order.</summary>
internal static unsafe class ShortMatrix
{
    /// <summary>Values of one matrix.</summary>
    public const int Count = 64;

    /// <summary>Transposes a matrix.</summary>
    public static void Transpose(ushort* from, ushort* to)
    {
        if (!Sse2.IsSupported)
        {
            for (int i = 0; i < Count; i++)
            {
                to[(i % 8 * 8) + (i / 8)] = from[i];
            }

            return;
        }

        Interleave(
            Vector128.Load(from),
            Vector128.Load(from + 8),
            Vector128.Load(from + 16),
            Vector128.Load(from + 24),
            Vector128.Load(from + 32),
            Vector128.Load(from + 40),
            Vector128.Load(from + 48),
            Vector128.Load(from + 56),
            to);
    }

    /// <summary>Transposes a matrix; each row of the result holds the values of even rows first and then those of odd ones.</summary>
    public static void TransposeEvenOdd(ushort* from, ushort* to)
    {
        if (!Sse2.IsSupported)
        {
            for (int i = 0; i < Count; i++)
            {
                int row = i / 8;
                to[(i % 8 * 8) + ((row & 1) * 4) + (row >> 1)] = from[i];
            }

            return;
        }

        Interleave(
            Vector128.Load(from),
            Vector128.Load(from + 16),
            Vector128.Load(from + 32),
            Vector128.Load(from + 48),
            Vector128.Load(from + 8),
            Vector128.Load(from + 24),
            Vector128.Load(from + 40),
            Vector128.Load(from + 56),
            to);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Interleave(
        Vector128<ushort> r0,
        Vector128<ushort> r1,
        Vector128<ushort> r2,
        Vector128<ushort> r3,
        Vector128<ushort> r4,
        Vector128<ushort> r5,
        Vector128<ushort> r6,
        Vector128<ushort> r7,
        ushort* to)
    {
        Half(r0, r1, r2, r3, out Vector128<uint> a0, out Vector128<uint> a1, out Vector128<uint> a2, out Vector128<uint> a3);
        Half(r4, r5, r6, r7, out Vector128<uint> b0, out Vector128<uint> b1, out Vector128<uint> b2, out Vector128<uint> b3);
        Pair(a0, b0, to);
        Pair(a1, b1, to + 16);
        Pair(a2, b2, to + 32);
        Pair(a3, b3, to + 48);
    }

    // Columns 2i and 2i + 1 of four rows.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Half(
        Vector128<ushort> r0,
        Vector128<ushort> r1,
        Vector128<ushort> r2,
        Vector128<ushort> r3,
        out Vector128<uint> c01,
        out Vector128<uint> c23,
        out Vector128<uint> c45,
        out Vector128<uint> c67)
    {
        Vector128<uint> low0 = Sse2.UnpackLow(r0, r1).AsUInt32();
        Vector128<uint> low2 = Sse2.UnpackLow(r2, r3).AsUInt32();
        Vector128<uint> high0 = Sse2.UnpackHigh(r0, r1).AsUInt32();
        Vector128<uint> high2 = Sse2.UnpackHigh(r2, r3).AsUInt32();
        c01 = Sse2.UnpackLow(low0, low2);
        c23 = Sse2.UnpackHigh(low0, low2);
        c45 = Sse2.UnpackLow(high0, high2);
        c67 = Sse2.UnpackHigh(high0, high2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pair(Vector128<uint> upperRows, Vector128<uint> lowerRows, ushort* to)
    {
        Sse2.UnpackLow(upperRows.AsUInt64(), lowerRows.AsUInt64()).AsUInt16().Store(to);
        Sse2.UnpackHigh(upperRows.AsUInt64(), lowerRows.AsUInt64()).AsUInt16().Store(to + 8);
    }
}

/// <summary><c>movmatrix</c>: transposes the matrix of a register.</summary>
internal sealed unsafe class MatrixTranspose(int d, int a) : Operation
{
    public override void Execute(Warp warp, uint lanes)
    {
        ushort* transposed = stackalloc ushort[ShortMatrix.Count];
        ShortMatrix.Transpose((ushort*)(warp.Registers + a), transposed);
        for (int i = 0; i < sizeof(uint); i++)
        {
            Lane.Store(warp.Registers + d + (i * Lane.Step), Lane.Load<uint>((byte*)transposed + (i * Lane.Step)), lanes, i);
        }
    }
}
