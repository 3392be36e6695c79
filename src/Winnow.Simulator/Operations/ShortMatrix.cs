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

        Vector128<ushort> r0 = Vector128.Load(from);
        Vector128<ushort> r1 = Vector128.Load(from + 8);
        Vector128<ushort> r2 = Vector128.Load(from + 16);
        Vector128<ushort> r3 = Vector128.Load(from + 24);
        Vector128<ushort> r4 = Vector128.Load(from + 32);
        Vector128<ushort> r5 = Vector128.Load(from + 40);
        Vector128<ushort> r6 = Vector128.Load(from + 48);
        Vector128<ushort> r7 = Vector128.Load(from + 56);
        Half(r0, r1, r2, r3, out Vector128<uint> a0, out Vector128<uint> a1, out Vector128<uint> a2, out Vector128<uint> a3);
        Half(r4, r5, r6, r7, out Vector128<uint> b0, out Vector128<uint> b1, out Vector128<uint> b2, out Vector128<uint> b3);
        Pair(a0, b0, to);
        Pair(a1, b1, to + 16);
        Pair(a2, b2, to + 32);
        Pair(a3, b3, to + 48);
    }

    /// <summary>
    /// Transposes a matrix for a product: each pair of rows of the result holds, from both, the values of rows 0, 2, 1 and 3, and then from both
    /// those of rows 4, 6, 5 and 7.
    /// </summary>
    public static void TransposeForProduct(ushort* from, ushort* to)
    {
        if (!Sse2.IsSupported)
        {
            for (int i = 0; i < Count; i++)
            {
                (int row, int k) = (i / 8, i % 8);
                to[(k / 2 * 16) + (k % 2 * 4) + ((row & 4) * 2) + ((row & 1) * 2) + ((row >> 1) & 1)] = from[i];
            }

            return;
        }

        Half(from, out Vector128<uint> a0, out Vector128<uint> a1, out Vector128<uint> a2, out Vector128<uint> a3);
        Half(from + 32, out Vector128<uint> b0, out Vector128<uint> b1, out Vector128<uint> b2, out Vector128<uint> b3);
        Vector256.Create(a0, b0).AsUInt16().Store(to);
        Vector256.Create(a1, b1).AsUInt16().Store(to + 16);
        Vector256.Create(a2, b2).AsUInt16().Store(to + 32);
        Vector256.Create(a3, b3).AsUInt16().Store(to + 48);
    }

    // Rows 0, 2, 1 and 3 of those that follow.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Half(ushort* from, out Vector128<uint> c01, out Vector128<uint> c23, out Vector128<uint> c45, out Vector128<uint> c67)
    {
        Vector128<ushort> r0 = Vector128.Load(from);
        Vector128<ushort> r2 = Vector128.Load(from + 16);
        Vector128<ushort> r1 = Vector128.Load(from + 8);
        Vector128<ushort> r3 = Vector128.Load(from + 24);
        Half(r0, r2, r1, r3, out c01, out c23, out c45, out c67);
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
        Vector128<ulong> even = Sse2.UnpackLow(upperRows.AsUInt64(), lowerRows.AsUInt64());
        Vector128<ulong> odd = Sse2.UnpackHigh(upperRows.AsUInt64(), lowerRows.AsUInt64());

        // In one piece: a processor that is to load 32 bytes it has just stored as two pieces waits for both.
        Vector256.Create(even, odd).AsUInt16().Store(to);
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
