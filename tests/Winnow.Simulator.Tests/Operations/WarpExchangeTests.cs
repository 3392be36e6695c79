using System;
using System.Linq;
using System.Numerics;
using NUnit.Framework;

namespace Winnow.Simulator.Tests.Operations;

/// <summary>Exchange between lanes, against what the ISA's own pseudocode says.</summary>
public sealed class WarpExchangeTests
{
    private static readonly uint[] Masks = [uint.MaxValue, 0x0000FFFF, 0x80000001, 0x55555555, 0x00FF0F30, 1];

    [TestCase("up", 0)]
    [TestCase("down", 31)]
    [TestCase("bfly", 31)]
    [TestCase("idx", 31)]
    public void Shuffle_ReadsTheLaneThatTheModeNames(string mode, int clamp)
    {
        foreach (int segment in new[] { 0, 0x10, 0x18, 0x1C })
        {
            for (int distance = 0; distance < 32; distance += 3)
            {
                using TestWarp warp = Warp(lane => (uint)(1000 + lane));
                OneInstruction.Run(warp, $"shfl.sync.{mode}.b32 %r1|%p1, %r2, {distance}, {(segment << 8) | clamp}, -1;");
                for (int lane = 0; lane < 32; lane++)
                {
                    (int from, bool isInRange) = Source(mode, lane, distance, clamp, segment);
                    string what = $"{mode} {distance} segment {segment} lane {lane}";
                    Assert.That(warp.Get("%r1", 32, lane), Is.EqualTo(1000 + (isInRange ? from : lane)), what);
                    Assert.That((warp.GetPredicate("%p1") >> lane) & 1, Is.EqualTo(isInRange ? 1 : 0), what);
                }
            }
        }
    }

    [Test]
    public void Shuffle_TakesDistancesOfEachLane()
    {
        using TestWarp warp = Warp(lane => (uint)(lane * lane));
        for (int lane = 0; lane < 32; lane++)
        {
            warp.Set("%r3", 32, lane, (ulong)(31 - lane));
        }

        OneInstruction.Run(warp, "shfl.sync.idx.b32 %r2, %r2, %r3, 31, -1;");

        Assert.That(Lanes(warp, "%r2"), Is.EqualTo(Enumerable.Range(0, 32).Select(lane => (ulong)((31 - lane) * (31 - lane)))));
    }

    [Test]
    public void Shuffle_OldFormWithoutMaskIsKnown()
    {
        using TestWarp warp = Warp(lane => (uint)lane);
        OneInstruction.Run(warp, "shfl.bfly.b32 %r1|%p1, %r2, 1, 31;");
        Assert.That(Lanes(warp, "%r1"), Is.EqualTo(Enumerable.Range(0, 32).Select(lane => (ulong)(lane ^ 1))));
    }

    [TestCase("all")]
    [TestCase("any")]
    [TestCase("uni")]
    public void Vote_LooksAtTheLanesThatTakePart(string mode)
    {
        foreach (uint lanes in Masks)
        {
            foreach (uint votes in new[] { 0u, uint.MaxValue, 0x55555555u, ~0u << 16, 1u })
            {
                using TestWarp warp = new();
                warp.SetPredicate("%p2", votes);
                warp.SetPredicate("%p1", 0xDEADBEEF);
                OneInstruction.Run(warp, $"vote.sync.{mode}.pred %p1, %p2, -1;", lanes);
                int count = BitOperations.PopCount(votes & lanes);
                bool holds = mode switch
                {
                    "all" => count == BitOperations.PopCount(lanes),
                    "any" => count > 0,
                    _ => count == 0 || count == BitOperations.PopCount(lanes),
                };
                Assert.That(warp.GetPredicate("%p1"), Is.EqualTo(holds ? 0xDEADBEEF | lanes : 0xDEADBEEF & ~lanes));
            }
        }
    }

    [Test]
    public void VoteBallot_CountsNegatedVotes()
    {
        using TestWarp warp = Warp(_ => 7);
        warp.SetPredicate("%p2", 0x0F0F0F0F);
        OneInstruction.Run(warp, "vote.sync.ballot.b32 %r2, !%p2, -1;", 0x0000FFFF);
        Assert.That(Lanes(warp, "%r2"), Is.EqualTo(Enumerable.Range(0, 32).Select(lane => lane < 16 ? 0xF0F0ul : 7)));
    }

    [Test]
    public void Match_GroupsEqualValues()
    {
        foreach (uint lanes in Masks)
        {
            using TestWarp warp = Warp(lane => (uint)(lane * 7 % 5));
            OneInstruction.Run(warp, "match.any.sync.b32 %r2, %r2, -1;", lanes);
            for (int lane = 0; lane < 32; lane++)
            {
                uint group = (uint)Enumerable.Range(0, 32).Where(other => other * 7 % 5 == lane * 7 % 5).Sum(other => 1L << other) & lanes;
                Assert.That(warp.Get("%r2", 32, lane), Is.EqualTo((lanes >> lane & 1) != 0 ? group : (ulong)(lane * 7 % 5)));
            }
        }
    }

    [Test]
    public void MatchAll_TellsWhetherAllAgree()
    {
        foreach (bool agree in new[] { true, false })
        {
            using TestWarp warp = new();
            for (int lane = 0; lane < 32; lane++)
            {
                warp.Set("%rd2", 64, lane, agree || lane != 9 ? 1ul << 40 : 3);
            }

            OneInstruction.Run(warp, "match.all.sync.b64 %r1|%p1, %rd2, -1;", 0x0000FFFF);
            Assert.That(warp.Get("%r1", 32, 3), Is.EqualTo(agree ? 0xFFFF : 0));
            Assert.That(warp.GetPredicate("%p1"), Is.EqualTo(agree ? 0xFFFF : 0));
        }
    }

    [TestCase("add.s32")]
    [TestCase("add.u32")]
    [TestCase("min.s32")]
    [TestCase("min.u32")]
    [TestCase("max.s32")]
    [TestCase("max.u32")]
    [TestCase("and.b32")]
    [TestCase("or.b32")]
    [TestCase("xor.b32")]
    public void Redux_CombinesTheLanesThatTakePart(string name)
    {
        Random random = new(3);
        foreach (uint lanes in Masks)
        {
            uint[] values = [.. Enumerable.Range(0, 32).Select(_ => (uint)random.NextInt64(uint.MaxValue))];
            using TestWarp warp = Warp(lane => values[lane]);
            OneInstruction.Run(warp, $"redux.sync.{name} %r1, %r2, -1;", lanes);
            uint[] members = [.. values.Where((_, lane) => (lanes >> lane & 1) != 0)];
            uint expected = name switch
            {
                "min.s32" => (uint)members.Min(value => (int)value),
                "max.s32" => (uint)members.Max(value => (int)value),
                "min.u32" => members.Min(),
                "max.u32" => members.Max(),
                "and.b32" => members.Aggregate((x, y) => x & y),
                "or.b32" => members.Aggregate((x, y) => x | y),
                "xor.b32" => members.Aggregate((x, y) => x ^ y),
                _ => members.Aggregate((x, y) => x + y),
            };
            Assert.That(Lanes(warp, "%r1"), Is.EqualTo(Enumerable.Range(0, 32).Select(lane => (lanes >> lane & 1) != 0 ? (ulong)expected : 0)));
        }
    }

    [Test]
    public void ActiveMask_IsTheLanesThatTakePart()
    {
        using TestWarp warp = new();
        OneInstruction.Run(warp, "activemask.b32 %r1;", 0xF00);
        Assert.That(Lanes(warp, "%r1"), Is.EqualTo(Enumerable.Range(0, 32).Select(lane => lane is >= 8 and < 12 ? 0xF00ul : 0)));
    }

    [Test]
    public void Elect_TakesTheFirst()
    {
        using TestWarp warp = new();
        OneInstruction.Run(warp, "elect.sync %r1|%p1, -1;", 0xF00);
        Assert.That(warp.Get("%r1", 32, 9), Is.EqualTo(8));
        Assert.That(warp.GetPredicate("%p1"), Is.EqualTo(0x100));
    }

    private static (int From, bool IsInRange) Source(string mode, int lane, int distance, int clamp, int segment)
    {
        int maximum = (lane & segment) | (clamp & ~segment);
        int minimum = lane & segment;
        return mode switch
        {
            "up" => (lane - distance, lane - distance >= maximum),
            "down" => (lane + distance, lane + distance <= maximum),
            "bfly" => (lane ^ distance, (lane ^ distance) <= maximum),
            _ => (minimum | (distance & ~segment), (minimum | (distance & ~segment)) <= maximum),
        };
    }

    private static TestWarp Warp(Func<int, uint> value)
    {
        TestWarp warp = new();
        for (int lane = 0; lane < 32; lane++)
        {
            warp.Set("%r2", 32, lane, value(lane));
        }

        return warp;
    }

    private static ulong[] Lanes(TestWarp warp, string register) => [.. Enumerable.Range(0, 32).Select(lane => warp.Get(register, 32, lane))];
}
