using System;
using System.Numerics;
using System.Runtime.Intrinsics;
using Winnow.Simulator.Operations;

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

        Vector256<ulong> places = VectorMath.MultiplyEven(Vector256.Create(0u, 0, 1, 0, 2, 0, 3, 0), Vector256.Create((uint)bytes));
        Vector256<ulong> expected = Vector256.Create(Lowest) + places;
        var step = Vector256.Create((ulong)(4 * bytes));
        Vector256<ulong> differences = Vector256<ulong>.Zero;
        for (int lane = 0; lane < Warp.Lanes; lane += 4)
        {
            differences |= Vector256.Load(addresses + lane) ^ expected;
            expected += step;
        }

        return differences == Vector256<ulong>.Zero;
    }

    /// <summary>Looks at the addresses of all lanes; those that take no part get the address of one that does.</summary>
    public static Bounds Of(ulong* addresses, uint lanes)
    {
        if (lanes != uint.MaxValue)
        {
            Fill(addresses, lanes);
        }

        // The halves of addresses are compared apart, which processors are quicker at; where the upper ones are equal that comes to the same.
        var lowest = Vector256.Load((uint*)addresses);
        Vector256<uint> highest = lowest;
        Vector256<uint> union = lowest;
        for (int lane = 4; lane < Warp.Lanes; lane += 4)
        {
            var four = Vector256.Load((uint*)(addresses + lane));
            lowest = Vector256.Min(lowest, four);
            highest = Vector256.Max(highest, four);
            union |= four;
        }

        Vector128<uint> low = Vector128.Min(lowest.GetLower(), lowest.GetUpper());
        Vector128<uint> high = Vector128.Max(highest.GetLower(), highest.GetUpper());
        Vector128<ulong> all = (union.GetLower() | union.GetUpper()).AsUInt64();
        low = Vector128.Min(low, Vector128.Shuffle(low, Vector128.Create(2u, 3, 0, 1)));
        high = Vector128.Max(high, Vector128.Shuffle(high, Vector128.Create(2u, 3, 0, 1)));
        Bounds bounds = new(low.AsUInt64().ToScalar(), high.AsUInt64().ToScalar(), all[0] | all[1]);
        return (bounds.Lowest ^ bounds.Highest) >> 32 == 0 ? bounds : Far(addresses, bounds.Union);
    }

    private static void Fill(ulong* addresses, uint lanes)
    {
        var first = Vector256.Create(addresses[BitOperations.TrailingZeroCount(lanes)]);
        for (int i = 0; i < sizeof(ulong); i++)
        {
            ulong* four = addresses + (i * 4);
            Vector256.ConditionalSelect(Lane.Mask<ulong>(lanes, i), Vector256.Load(four), first).Store(four);
        }
    }

    private static Bounds Far(ulong* addresses, ulong union)
    {
        (ulong lowest, ulong highest) = (ulong.MaxValue, 0);
        for (int lane = 0; lane < Warp.Lanes; lane++)
        {
            lowest = Math.Min(lowest, addresses[lane]);
            highest = Math.Max(highest, addresses[lane]);
        }

        return new Bounds(lowest, highest, union);
    }
}
