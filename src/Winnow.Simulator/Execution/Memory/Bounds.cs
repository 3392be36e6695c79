using System;
using System.Numerics;
using System.Runtime.Intrinsics;

namespace Winnow.Simulator.Execution.Memory;

/// <summary>The extremes of the addresses of an access.</summary>
/// <param name="Lowest">The lowest.</param>
/// <param name="Highest">The highest.</param>
/// <param name="Union">All bits that any of them has.</param>
internal readonly unsafe record struct Bounds(ulong Lowest, ulong Highest, ulong Union)
{
    /// <summary>Whether all lanes take part, and each accesses what follows on the one before.</summary>
    public bool IsSequence(ulong* addresses, uint lanes, int bytes)
    {
        if (lanes != uint.MaxValue || Highest - Lowest != (ulong)((Warp.Lanes - 1) * bytes))
        {
            return false;
        }

        Vector256<ulong> expected = Vector256.Create(Lowest) + (Vector256.Create(0ul, 1, 2, 3) * (ulong)bytes);
        var step = Vector256.Create((ulong)(4 * bytes));
        for (int lane = 0; lane < Warp.Lanes; lane += 4)
        {
            if (Vector256.Load(addresses + lane) != expected)
            {
                return false;
            }

            expected += step;
        }

        return true;
    }

    /// <summary>Looks at the addresses of all lanes; those that take no part get the address of one that does.</summary>
    public static Bounds Of(ulong* addresses, uint lanes)
    {
        if (lanes != uint.MaxValue)
        {
            ulong first = addresses[BitOperations.TrailingZeroCount(lanes)];
            for (uint left = ~lanes; left != 0; left &= left - 1)
            {
                addresses[BitOperations.TrailingZeroCount(left)] = first;
            }
        }

        var lowest = Vector256.Load(addresses);
        Vector256<ulong> highest = lowest;
        Vector256<ulong> union = lowest;
        for (int lane = 4; lane < Warp.Lanes; lane += 4)
        {
            var four = Vector256.Load(addresses + lane);
            lowest = Vector256.Min(lowest, four);
            highest = Vector256.Max(highest, four);
            union |= four;
        }

        return new Bounds(
            Math.Min(Math.Min(lowest[0], lowest[1]), Math.Min(lowest[2], lowest[3])),
            Math.Max(Math.Max(highest[0], highest[1]), Math.Max(highest[2], highest[3])),
            union[0] | union[1] | union[2] | union[3]);
    }
}
