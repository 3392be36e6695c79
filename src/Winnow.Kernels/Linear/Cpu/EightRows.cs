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

    /// <summary>The most units whose scales are converted at once: 8192 inputs.</summary>
    public const int ScaleStride = 256;

    // Of the one type with scales whose products are of floats, a half and 16 bytes.
    private const int UnitBytes = 18;

    /// <summary>
    /// Bytes from eight rows to those that should be fetched meanwhile: whole groups of rows, because these lie one after the other but are
    /// read side by side, and enough of them that memory answers in time.
    /// </summary>
    /// <param name="rowBytes">Bytes from one row to the next.</param>
    public static nint Ahead(nint rowBytes)
    {
        const int InFlightBytes = 16 * 1024;
        nint group = Count * rowBytes;
        return (InFlightBytes + group - 1) / group * group;
    }

    /// <summary>Whether what lies so far ahead goes into the first-level cache, of which a group may fill most.</summary>
    /// <param name="rowBytes">Bytes from one row to the next.</param>
    public static bool IsNear(nint rowBytes) => rowBytes <= 4096;

    /// <summary>Fetches lines into the second-level cache, or into the first.</summary>
    /// <param name="ahead">Where.</param>
    /// <param name="bytes">How much, a constant.</param>
    /// <param name="near">True for the first-level cache.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(byte* ahead, int bytes, bool near)
    {
        if (!near)
        {
            PrefetchFar(ahead, bytes);
            return;
        }

        Sse.Prefetch0(ahead);
        Sse.Prefetch0(ahead + 64);
        Sse.Prefetch0(ahead + 128);
        if (bytes > 192)
        {
            Sse.Prefetch0(ahead + 192);
            Sse.Prefetch0(ahead + 256);
            Sse.Prefetch0(ahead + 320);
            Sse.Prefetch0(ahead + 384);
            Sse.Prefetch0(ahead + 448);
        }
    }

    /// <summary>Converts the halves at the start of units, apart from the loop that uses them, whose sums they would push out of the registers.</summary>
    /// <param name="w">The first unit of the first row.</param>
    /// <param name="rowBytes">Bytes from one row to the next.</param>
    /// <param name="units">How many units.</param>
    /// <param name="scales">[8, <see cref="ScaleStride"/>]: each row's.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void LoadScales(byte* w, nint rowBytes, int units, float* scales)
    {
        for (; units >= Count; units -= Count, w += Count * UnitBytes, scales += Count)
        {
            byte* unit = w;
            float* row = scales;
            for (int pair = 0; pair < Count / 2; pair++, unit += 2 * rowBytes, row += 2 * ScaleStride)
            {
                Vector512<float> both = Lanes512.FromHalves(Vector256.Create(Halves(unit), Halves(unit + rowBytes)).AsInt16());
                both.GetLower().Store(row);
                both.GetUpper().Store(row + ScaleStride);
            }
        }

        for (int row = 0; row < Count; row++, w += rowBytes, scales += ScaleStride)
        {
            for (int unit = 0; unit < units; unit++)
            {
                scales[unit] = HalfBits.Read(w + (unit * UnitBytes));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PrefetchFar(byte* ahead, int bytes)
    {
        Sse.Prefetch1(ahead);
        Sse.Prefetch1(ahead + 64);
        Sse.Prefetch1(ahead + 128);
        if (bytes > 192)
        {
            Sse.Prefetch1(ahead + 192);
            Sse.Prefetch1(ahead + 256);
            Sse.Prefetch1(ahead + 320);
            Sse.Prefetch1(ahead + 384);
            Sse.Prefetch1(ahead + 448);
        }
    }

    // Eight halves nine words apart lie in two registers.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ushort> Halves(byte* w)
    {
        Vector512<ushort> places = Vector512.Create(
            (ushort)0, 9, 18, 27, 36, 45, 54, 63, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        return Avx512BW.PermuteVar32x16x2(Vector512.Load((ushort*)w), places, Vector512.Load((ushort*)w + 32)).GetLower().GetLower();
    }
}
