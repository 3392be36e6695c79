using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>How far ahead kernels of eight weight rows at a time fetch.</summary>
internal static unsafe class EightRows
{
    /// <summary>Rows.</summary>
    public const int Count = 8;

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
}
