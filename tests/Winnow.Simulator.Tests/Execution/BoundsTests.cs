using System;
using System.Linq;
using NUnit.Framework;
using Winnow.Simulator.Execution;
using Winnow.Simulator.Execution.Memory;

namespace Winnow.Simulator.Tests.Execution;

/// <summary>The extremes of the addresses of an access, near each other and far apart.</summary>
public sealed unsafe class BoundsTests
{
    private static readonly uint[] Masks = [uint.MaxValue, 0xFFFF, 0xFF, 1, 0x80000000, 0xA5A5A5A5, 0x00010000];

    [Test]
    public void Of_GivesTheExtremesOfTheLanesThatTakePart([Values(8, 31, 32, 33, 40, 63)] int bits)
    {
        Random random = new(bits);
        for (int round = 0; round < 50; round++)
        {
            ulong start = (ulong)random.NextInt64();
            foreach (uint lanes in Masks)
            {
                ulong[] addresses = [.. Enumerable.Range(0, Warp.Lanes).Select(_ => start + (ulong)random.NextInt64(1L << (bits - 1)))];
                ulong[] taking = [.. addresses.Where((_, lane) => (lanes >> lane & 1) != 0)];
                fixed (ulong* at = addresses)
                {
                    Bounds bounds = Bounds.Of(at, lanes);
                    Assert.That(bounds, Is.EqualTo(new Bounds(taking.Min(), taking.Max(), taking.Aggregate((a, b) => a | b))), $"0x{lanes:x8}");
                    Assert.That(addresses.Distinct(), Is.SubsetOf(taking), "others get an address of one that takes part");
                    Assert.That(addresses.Where((_, lane) => (lanes >> lane & 1) != 0), Is.EqualTo(taking));
                }
            }
        }
    }

    [Test]
    public void IsSequence_IsTrueWhereEachLaneFollowsOnTheOneBefore([Values(1, 2, 4, 8, 16)] int bytes)
    {
        const ulong Start = 0xFFFFFFC0;
        ulong[] addresses = [.. Enumerable.Range(0, Warp.Lanes).Select(lane => Start + (ulong)(lane * bytes))];
        fixed (ulong* at = addresses)
        {
            Assert.That(Bounds.Of(at, uint.MaxValue).IsSequence(at, uint.MaxValue, bytes), Is.True);
            Assert.That(Bounds.Of(at, uint.MaxValue).IsSequence(at, uint.MaxValue, 2 * bytes), Is.False, "with gaps");
            for (int lane = 0; lane < Warp.Lanes; lane++)
            {
                ulong right = addresses[lane];
                addresses[lane] = lane == 0 ? addresses[1] : addresses[0];
                Assert.That(Bounds.Of(at, uint.MaxValue).IsSequence(at, uint.MaxValue, bytes), Is.False, $"lane {lane} is elsewhere");
                addresses[lane] = right;
            }

            Assert.That(Bounds.Of(at, 0xFFFF).IsSequence(at, 0xFFFF, bytes), Is.False, "lanes that take no part");
        }
    }
}
