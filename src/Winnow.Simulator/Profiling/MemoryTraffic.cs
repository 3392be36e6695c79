using System;
using System.Numerics;

namespace Winnow.Simulator.Profiling;

/// <summary>What a warp's access means for memory: sectors of global memory, passes of shared memory's banks.</summary>
internal static class MemoryTraffic
{
    private const int Lanes = 32;
    private const int Banks = 32;
    private const int BankBytes = 4;

    /// <summary>The sectors of 32 bytes that an access touches, each counted once.</summary>
    /// <param name="addresses">The address of each of 32 lanes.</param>
    /// <param name="lanes">Bit i: lane i takes part.</param>
    /// <param name="bytes">The size of each lane's access: 1 to 16 bytes, and its alignment.</param>
    public static int Sectors(ReadOnlySpan<ulong> addresses, uint lanes, int bytes)
    {
        Span<ulong> sectors = stackalloc ulong[Lanes];
        int count = 0;
        for (uint rest = lanes; rest != 0; rest &= rest - 1)
        {
            // An aligned access of at most 16 bytes lies in one sector.
            ulong sector = addresses[BitOperations.TrailingZeroCount(rest)] / GlobalTraffic.SectorBytes;
            if (count == 0 || (sectors[count - 1] != sector && sectors[..count].IndexOf(sector) < 0))
            {
                sectors[count++] = sector;
            }
        }

        return bytes == 0 ? 0 : count;
    }

    /// <summary>
    /// The passes that an access of shared memory takes. Accesses of 8 bytes go by half warps and those of 16 by quarters; in each, a bank
    /// serves one word a pass, and the same word to all that ask for it.
    /// </summary>
    /// <param name="addresses">The address of each of 32 lanes.</param>
    /// <param name="lanes">Bit i: lane i takes part.</param>
    /// <param name="bytes">The size of each lane's access: 1 to 16 bytes, and its alignment.</param>
    /// <returns>The passes, and how many of them are due to conflicts.</returns>
    public static (int Passes, int Conflicts) Passes(ReadOnlySpan<ulong> addresses, uint lanes, int bytes)
    {
        int words = Math.Max(1, bytes / BankBytes);
        int group = Lanes / words;
        int passes = 0;
        int groups = 0;
        for (int first = 0; first < Lanes; first += group)
        {
            uint members = (uint)((1UL << group) - 1) << first & lanes;
            if (members != 0)
            {
                groups++;
                passes += PassesOfGroup(addresses, members, words);
            }
        }

        return (passes, passes - groups);
    }

    /// <summary>The most different words that one bank is asked for.</summary>
    private static int PassesOfGroup(ReadOnlySpan<ulong> addresses, uint members, int words)
    {
        Span<ulong> seen = stackalloc ulong[Lanes];
        Span<byte> asked = stackalloc byte[Banks];
        asked.Clear();
        int count = 0;
        int most = 0;
        for (uint rest = members; rest != 0; rest &= rest - 1)
        {
            ulong word = addresses[BitOperations.TrailingZeroCount(rest)] / BankBytes;
            if (seen[..count].IndexOf(word) >= 0)
            {
                continue;
            }

            seen[count++] = word;
            for (int i = 0; i < words; i++)
            {
                most = Math.Max(most, ++asked[(int)((word + (ulong)i) % Banks)]);
            }
        }

        return most;
    }
}
