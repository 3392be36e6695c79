using System;
using System.Linq;
using NUnit.Framework;
using Winnow.Gpu;

namespace Winnow.Simulator.Tests.Profiling;

/// <summary>Critical paths through what warps wait for: barriers, copies, and each other.</summary>
public sealed class CriticalPathBarrierTests
{
    // %p1: one of the first 32 threads. The branch waits for the comparison: 14.
    private const string Part = "mov.u32 %r1, %tid.x; setp.lt.u32 %p1, %r1, 32; @%p1 bra FIRST;";

    // Eight sums that wait for one another, the first a clock after what was before, and a store that waits for the last.
    private static readonly string Chain = string.Concat(Enumerable.Repeat("add.u32 %r1, %r1, %r1;", 8)) + "st.global.u32 [%rd1], %r1;";

    [Test]
    public void Path_ThroughABarrierIsThatOfTheSlowestWarp()
    {
        // The second warp waits for a load and then for nothing; the first goes on after the barrier.
        string body = Part + "ld.global.u32 %r2, [%rd2]; add.u32 %r2, %r2, 1; FIRST: bar.sync 0; @!%p1 bra END;" + Chain + "END:";

        // Load at 15, sum at 1015, barrier at 1016 for 20 + 2 clocks, branch at 1039, sums from 1040.
        Assert.That(Of(body, 64).LongestPath, Is.EqualTo(1016 + 22 + 1 + 1 + 80 + 1));
    }

    [Test]
    public void Path_ThroughABarrierThatNobodyIsLateForIsShort()
    {
        string body = Part + "add.u32 %r2, %r1, 1; FIRST: bar.sync 0; @!%p1 bra END;" + Chain + "END:";

        // The sum of the second warp at 15, its barrier at 16.
        Assert.That(Of(body, 64).LongestPath, Is.EqualTo(16 + 22 + 1 + 1 + 80 + 1));
    }

    [Test]
    public void Path_ThroughABarrierOfSomeWarpsIsThatOfThoseWhoArrive()
    {
        // The second warp loads and arrives, the third one, which loads longer, has no part in it.
        const string Load = "ld.global.u32 %r2, [%rd2]; add.u32 %r3, %r2, %r1;";
        string body = Part + "setp.lt.u32 %p2, %r1, 64; @!%p2 bra LAST;" + Load + "bar.arrive 1, 64; bra END; FIRST: bar.sync 1, 64;" + Chain
            + "bra END; LAST: ld.global.u64 %rd3, [%rd2]; add.s64 %rd2, %rd2, %rd3; ld.global.u64 %rd3, [%rd2+512]; add.s64 %rd2, %rd2, %rd3; END:";

        // Comparison at 15, branch at 25, load at 26, sum at 1026, arrival at 1027; the third warp ends at 26 + 1000 + 10 + 1000 + 1.
        Assert.That(Of(body, 64).LongestPath, Is.EqualTo(1027 + 22 + 1 + 80 + 1 + 1));
        Assert.That(Of(body, 96).LongestPath, Is.EqualTo(2037));
    }

    [Test]
    public void Path_ThroughABarrierWaitsForWarpsThatEnd()
    {
        string body = Part + "ld.global.u32 %r2, [%rd2]; setp.eq.u32 %p2, %r2, 0; @%p2 exit; FIRST: bar.sync 0;" + Chain;

        // The second warp ends at 15 + 1000 + 10; the barrier is of one warp then.
        Assert.That(Of(body, 64).LongestPath, Is.EqualTo(1025 + 21 + 1 + 80 + 1));
    }

    [Test]
    public void Path_OfALineThatAnotherWarpReadBeforeABarrierIsThatOfACache()
    {
        const string Read = "ld.global.u32 %r2, [%rd2]; add.u32 %r2, %r2, 1;";
        const string Meet = "FIRST: bar.sync 0; @!%p1 bra END; ld.global.u32 %r1, [%rd2+{0}]; st.global.u32 [%rd1], %r1; END:";

        Assert.That(Of(Part + Read + string.Format(Meet, 64), 64).LongestPath, Is.EqualTo(1016 + 22 + 2 + 100 + 1));
        Assert.That(Of(Part + Read + string.Format(Meet, 128), 64).LongestPath, Is.EqualTo(1016 + 22 + 2 + 1000 + 1));
    }

    // The second copy begins at 6 + 1000 + 10 and comes 1000 clocks later; the sums wait for it or not, the end does in any case.
    [TestCase(0, 2016 + 1 + 80 + 1 + 1)]
    [TestCase(1, 2016 + 1)]
    public void Path_ThroughCopiesIsThatOfTheGroupsThatAreWaitedFor(int pending, int clocks)
    {
        string body = "mov.u32 %r1, tile; cp.async.cg.shared.global [%r1], [%rd2], 16; cp.async.commit_group;"
            + "ld.global.u64 %rd3, [%rd2+128]; add.s64 %rd3, %rd3, %rd2; cp.async.cg.shared.global [%r1+16], [%rd3+256], 16; cp.async.commit_group;"
            + $"cp.async.wait_group {pending};" + Chain + "cp.async.wait_all;";

        Assert.That(Of(body, 32).LongestPath, Is.EqualTo(clocks));
    }

    [TestCase("bar.sync 0;")]
    [TestCase("red.global.add.u32 [%rd1], 1;")]
    [TestCase("atom.shared.add.u32 %r2, [tile], 1;")]
    public void Path_IsTheSameUnderAnySeedAndOnAnyNumberOfCores(string step)
    {
        string body = Part + "ld.global.u32 %r2, [%rd2]; FIRST:" + string.Concat(Enumerable.Repeat($"add.u32 %r1, %r1, 1; {step}", 5)) + "bar.sync 0;" + Chain;
        var shape = LaunchShape.Linear(9, 128);
        KernelProfile first = PathKernel.Run(Initialized(body), shape);

        foreach ((int seed, int threads) in Enumerable.Range(2, 9).Select(seed => (seed, 1 + (seed % 3))))
        {
            KernelProfile other = PathKernel.Run(Initialized(body), shape, seed, threads);
            Assert.That((other.LongestPath, other.AveragePath), Is.EqualTo((first.LongestPath, first.AveragePath)), $"seed {seed}, {threads} cores");
        }
    }

    [Test]
    public void Path_OfBlocksThatDrawTheirWorkIsTheirAverage()
    {
        // Tickets up to 7, and a load for each of them: the first block finds all, the other one is told that there is none.
        const string Draw =
            """
            mov.u32 %r1, %tid.x; setp.ne.u32 %p1, %r1, 0; @%p1 bra END;
            NEXT: atom.global.add.u32 %r2, [%rd1], 1; setp.ge.u32 %p1, %r2, 8; @%p1 bra END;
            mul.wide.u32 %rd3, %r2, 256; add.s64 %rd3, %rd3, %rd2; ld.global.u32 %r3, [%rd3]; setp.eq.u32 %p2, %r3, 0; @%p2 bra NEXT;
            END:
            """;
        KernelProfile profile = PathKernel.Run(Draw, LaunchShape.Linear(2, 32));

        Assert.That(profile.LongestPath, Is.EqualTo(profile.AveragePath));
        Assert.That(2 * profile.AveragePath, Is.InRange(8 * 1300, 8 * 1300 + 3000));
    }

    [Test]
    public void Path_OfBlocksWhoseWarpsDrawOnceIsThatOfTheLongest()
    {
        // Each of two warps takes a place in a list; the second block waits for a load besides.
        const string Body =
            "mov.u32 %r1, %laneid; setp.ne.u32 %p1, %r1, 0; @%p1 bra END; atom.global.add.u32 %r2, [%rd1], 1;"
            + "mov.u32 %r3, %ctaid.x; setp.eq.u32 %p2, %r3, 0; @%p2 bra END; ld.global.u32 %r4, [%rd2]; setp.eq.u32 %p3, %r4, 0; @%p3 bra END; END:";
        KernelProfile profile = PathKernel.Run(Body, LaunchShape.Linear(2, 64));

        Assert.That(profile.LongestPath - profile.AveragePath, Is.InRange(500, 520));
    }

    private static string Initialized(string body) => body.Contains("tile", StringComparison.Ordinal) 
        ? "mov.u32 %r4, %tid.x; setp.eq.u32 %p3, %r4, 0; @%p3 st.shared.u32 [tile], 0; bar.sync 0;" + body
        : body;

    private static KernelProfile Of(string body, int threads) => PathKernel.Run(body, LaunchShape.Linear(1, threads));
}
