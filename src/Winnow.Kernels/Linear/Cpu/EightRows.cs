using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>
/// What kernels of eight weight rows at a time share: how far ahead they fetch, and the scales of eight units of each row. Those are permuted
/// out of whole registers: copied one by one they would be read as a vector while their stores are still on the way.
/// </summary>
internal static unsafe class EightRows
{
    /// <summary>Rows, and units of which the scales are converted at once.</summary>
    public const int Count = 8;

    /// <summary>
    /// Bytes from a weight to the one that should be fetched meanwhile: whole groups of rows, and enough of them that memory answers in
    /// time. Rows of which a group would fill the first-level cache are fetched as they go on.
    /// </summary>
    /// <param name="rowBytes">Bytes from one row to the next.</param>
    public static nint Ahead(nint rowBytes)
    {
        const int LongRowBytes = 4096;
        const int InFlightBytes = 16 * 1024;
        nint group = Count * rowBytes;
        return rowBytes > LongRowBytes ? LongRowBytes / 2 : (InFlightBytes + group - 1) / group * group;
    }

    /// <summary>Converts the halves at the start of units.</summary>
    /// <param name="w">The first unit of the first row.</param>
    /// <param name="rowBytes">Bytes from one row to the next.</param>
    /// <param name="units">How many units there are, at most 8.</param>
    /// <param name="unitBytes">18 or 34.</param>
    /// <param name="scales">[row, unit], 64 floats.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadScales(byte* w, nint rowBytes, int units, int unitBytes, float* scales)
    {
        if (units < Count)
        {
            One(w, rowBytes, units, unitBytes, scales);
            return;
        }

        for (int row = 0; row < Count; row += 2, w += 2 * rowBytes, scales += 2 * Count)
        {
            Vector128<ushort> even = unitBytes == 18 ? OfEighteen(w) : OfThirtyFour(w);
            Vector128<ushort> odd = unitBytes == 18 ? OfEighteen(w + rowBytes) : OfThirtyFour(w + rowBytes);
            Lanes512.FromHalves(Vector256.Create(even, odd).AsInt16()).Store(scales);
        }
    }

    private static void One(byte* w, nint rowBytes, int units, int unitBytes, float* scales)
    {
        for (int row = 0; row < Count; row++, w += rowBytes, scales += Count)
        {
            for (int unit = 0; unit < units; unit++)
            {
                scales[unit] = HalfBits.Read(w + (unit * unitBytes));
            }
        }
    }

    // Eight halves nine words apart lie in two registers.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ushort> OfEighteen(byte* w)
    {
        Vector512<ushort> places = Vector512.Create(
            (ushort)0, 9, 18, 27, 36, 45, 54, 63, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        return Pick(w, places);
    }

    // Of halves 17 words apart four lie in two registers and four in the next two.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ushort> OfThirtyFour(byte* w)
    {
        Vector512<ushort> first = Vector512.Create(
            (ushort)0, 17, 34, 51, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        Vector512<ushort> second = Vector512.Create(
            (ushort)4, 21, 38, 55, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        return Sse2.UnpackLow(Pick(w, first).AsUInt64(), Pick(w + 128, second).AsUInt64()).AsUInt16();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ushort> Pick(byte* w, Vector512<ushort> places) => Avx512BW.PermuteVar32x16x2(
        Vector512.Load((ushort*)w), places, Vector512.Load((ushort*)w + 32)).GetLower().GetLower();
}
