using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using Winnow.Gpu;

namespace Winnow.Simulator.Tests.Profiling;

/// <summary>What critical paths consist of, against clocks counted by hand; see <see cref="PathKernel"/>.</summary>
public sealed class PathPartTests
{
    private const string Store = "st.global.u32 [%rd1], %r1;";
    private const string ClusterSync = "barrier.cluster.arrive.aligned; barrier.cluster.wait.aligned;";

    private static readonly PtxSimulatorOptions Traced = new() { TracesPaths = true };

    // Each instruction is issued in a clock of its own unless it waits for something; the return is the last one.
    private static readonly TestCaseData[] Paths =
    [
        Path("nothing", "", (PathPart.Arithmetic, 3)),
        Path("sums", "mov.u32 %r1, 1; add.u32 %r1, %r1, %r1; add.u32 %r1, %r1, %r1;" + Store, (PathPart.Arithmetic, 4 + 20 + 1)),
        Path("a load", "ld.global.u32 %r1, [%rd2]; add.u32 %r1, %r1, %r1;" + Store, (PathPart.DeviceMemory, 1000), (PathPart.Arithmetic, 3 + 10 + 1)),
        Path(
            "a line that was read",
            "ld.global.u64 %rd3, [%rd2]; add.s64 %rd2, %rd2, %rd3; ld.global.u32 %r1, [%rd2+64];" + Store,
            (PathPart.DeviceMemory, 1000), (PathPart.Cache, 100), (PathPart.Arithmetic, 3 + 10 + 1)),
        Path(
            "a line of the second cache",
            "ld.global.u64 %rd3, [%rd2]; add.s64 %rd2, %rd2, %rd3; ld.global.cg.u32 %r1, [%rd2+64];" + Store,
            (PathPart.DeviceMemory, 1000), (PathPart.Cache, 300), (PathPart.Arithmetic, 3 + 10 + 1)),
        Path("an atomic", "mov.u32 %r1, 1; atom.global.add.u32 %r1, [%rd2], %r1;" + Store, (PathPart.Cache, 300), (PathPart.Arithmetic, 4 + 1)),
        Path(
            "shared memory",
            "mov.u32 %r1, 1; st.shared.u32 [tile], %r1; ld.shared.u32 %r1, [tile];" + Store,
            (PathPart.SharedMemory, 70), (PathPart.Arithmetic, 5 + 1)),
        Path("a barrier", "bar.sync 0;", (PathPart.Barrier, 21), (PathPart.Arithmetic, 3 + 1)),
        Path("a fence", "membar.gl;", (PathPart.Barrier, 300), (PathPart.Arithmetic, 3 + 1)),
        Path(
            "functions",
            "mov.f32 %f1, 0f00000000; ex2.approx.f32 %f1, %f1; shfl.sync.bfly.b32 %f1, %f1, 1, 31, -1; cvt.rni.s32.f32 %r1, %f1;" + Store,
            (PathPart.Special, 40 + 50 + 40), (PathPart.Arithmetic, 4 + 1)),
        Path(
            "products",
            "mov.u32 %r1, 0; mov.f32 %f1, 0f00000000; mov.f32 %f2, %f1; mov.f32 %f3, %f1; mov.f32 %f4, %f1;" + string.Concat(Enumerable.Repeat(
                "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f1,%f2,%f3,%f4}, {%r1,%r1,%r1,%r1}, {%r1,%r1}, {%f1,%f2,%f3,%f4};", 3))
            + "st.global.f32 [%rd1], %f4;",
            (PathPart.Tensor, 180), (PathPart.Arithmetic, 8 + 1)),
        Path(
            "a copy",
            "mov.u32 %r1, tile; cp.async.cg.shared.global [%r1], [%rd2], 16; cp.async.wait_all; ld.shared.u32 %r1, [tile];" + Store,
            (PathPart.DeviceMemory, 1000), (PathPart.SharedMemory, 70), (PathPart.Arithmetic, 4 + 1 + 1)),
    ];

    [TestCaseSource(nameof(Paths))]
    public void Parts_OfAPathAreWhatItWaitsFor(string body, Dictionary<PathPart, double> expected)
        => Assert.That(PathKernel.Run(body, LaunchShape.Linear(1, 32), Traced).LongestPathParts, Is.EquivalentTo(expected));

    [Test]
    public void Parts_OfAClusterAreItsBarriersAndTheMemoryOfOthers()
    {
        const string Body = "mov.u32 %r1, tile; mov.u32 %r2, %cluster_ctarank; xor.b32 %r2, %r2, 1; st.shared.u32 [tile], %r2;" + ClusterSync
            + "mapa.shared::cluster.u32 %r3, %r1, %r2; ld.shared::cluster.u32 %r1, [%r3];" + Store + ClusterSync;
        LaunchShape shape = LaunchShape.Linear(4, 32) with { Cluster = (2, 1, 1) };

        KernelProfile profile = PathKernel.Run(Body, shape, Traced with { Architecture = "compute_90a" });

        // The store at 15, the barrier at 16, mapa at 217, the load at 227, the second barrier at 428, the return at 629.
        Assert.That(profile.LongestPath, Is.EqualTo(629));
        Assert.That(profile.LongestPathParts, Is.EquivalentTo(new Dictionary<PathPart, double>
        {
            [PathPart.ClusterBarrier] = 400,
            [PathPart.ClusterMemory] = 200,
            [PathPart.Arithmetic] = 29,
        }));
    }

    [Test]
    public void Parts_ThroughABarrierAreThoseOfTheSlowestWarp()
    {
        // The second warp waits for a load, the first for shared memory.
        const string Body = "mov.u32 %r1, %tid.x; setp.lt.u32 %p1, %r1, 32; @%p1 bra FIRST; ld.global.u32 %r2, [%rd2]; add.u32 %r2, %r2, 1; bra MEET;"
            + "FIRST: st.shared.u32 [tile], %r1; ld.shared.u32 %r2, [tile]; add.u32 %r2, %r2, 1; MEET: bar.sync 0;" + Store;

        KernelProfile profile = PathKernel.Run(Body, LaunchShape.Linear(1, 64), Traced);

        // Comparison at 4, branch at 14, load at 15, sum at 1015, branch at 1016, barrier at 1017.
        Assert.That(profile.LongestPathParts, Is.EquivalentTo(new Dictionary<PathPart, double>
        {
            [PathPart.DeviceMemory] = 1000,
            [PathPart.Barrier] = 22,
            [PathPart.Arithmetic] = 17 + 2,
        }));
    }

    [Test]
    public void Parts_OfPathsAsLongAreTheSameUnderAnySeed()
    {
        // One warp takes 40 clocks for a function, the other one for four sums, from 16 on; then both branch to the barrier.
        const string Body = "mov.u32 %r1, %tid.x; mov.f32 %f1, 0f00000000; setp.lt.u32 %p1, %r1, 32; @%p1 bra FIRST;"
            + "add.u32 %r2, %r1, 1; add.u32 %r2, %r2, 1; add.u32 %r2, %r2, 1; add.u32 %r2, %r2, 1; st.shared.u32 [tile+4], %r2; bra MEET;"
            + "FIRST: ex2.approx.f32 %f2, %f1; st.shared.f32 [tile], %f2; bra MEET; MEET: bar.sync 0;";

        Dictionary<PathPart, double>[] parts =
        [
            .. Enumerable.Range(1, 16).Select(seed => PathKernel.Run(Body, LaunchShape.Linear(1, 64), Traced with { Seed = seed }).LongestPathParts.ToDictionary()),
        ];

        Assert.That(parts, Is.All.EquivalentTo(new Dictionary<PathPart, double> { [PathPart.Special] = 40, [PathPart.Barrier] = 22, [PathPart.Arithmetic] = 16 + 1 + 1 + 1 }));
    }

    [Test]
    public void Parts_OfLaunchesAreTheirAverage()
    {
        // Block 0 adds up and reads shared memory, block 1 does not.
        const string Body = "mov.u32 %r1, %ctaid.x; setp.ne.u32 %p1, %r1, 0; @%p1 bra END; st.shared.u32 [tile], %r1; ld.shared.u32 %r1, [tile]; st.shared.u32 [tile], %r1; END:";

        KernelProfile profile = PathKernel.Run(Body, LaunchShape.Linear(2, 32), Traced, launches: 3);

        Assert.That(profile.LongestPathParts, Is.EquivalentTo(new Dictionary<PathPart, double> { [PathPart.SharedMemory] = 70, [PathPart.Arithmetic] = 14 + 3 }));
        Assert.That(profile.LongestPathSteps.Single(), Is.EqualTo(new PathStep("ld.shared.u32 %r1, [tile]", "", 0, "", 14, PathPart.SharedMemory, 70, 1)));
    }

    [Test]
    public void Parts_OfBlocksThatDrawTheirWorkAreTheirAverage()
    {
        const string Draw =
            """
            mov.u32 %r1, %tid.x; setp.ne.u32 %p1, %r1, 0; @%p1 bra END;
            NEXT: atom.global.add.u32 %r2, [%rd1], 1; setp.ge.u32 %p1, %r2, 8; @%p1 bra END;
            mul.wide.u32 %rd3, %r2, 256; add.s64 %rd3, %rd3, %rd2; ld.global.u32 %r3, [%rd3]; setp.eq.u32 %p2, %r3, 0; @%p2 bra NEXT;
            END:
            """;
        KernelProfile profile = PathKernel.Run(Draw, LaunchShape.Linear(2, 32), Traced);

        // Eight tickets and their loads, and a ticket without one in each block; atomics are the second cache's.
        Assert.That(profile.LongestPathParts[PathPart.DeviceMemory], Is.EqualTo(8 * 1000 / 2.0));
        Assert.That(profile.LongestPathParts[PathPart.Cache], Is.EqualTo((8 + 2) * 300 / 2.0));
        Assert.That(profile.LongestPathParts.Values.Sum(), Is.EqualTo(profile.LongestPath));
    }

    [Test]
    public void Steps_NameTheLinesWhereThePathWaitsLongest()
    {
        const string Body =
            """
            mov.u32 %r4, 0;
            LOOP:
            .loc 1 41 3
            ld.global.u64 %rd3, [%rd2];
            .loc 1 42 5
            add.s64 %rd2, %rd2, %rd3; add.s64 %rd2, %rd2, 256;
            cvt.u32.u64 %r1, %rd3;
            st.shared.u32 [tile], %r1;
            .loc 1 43 5
            ld.shared.u32 %r1, [tile];
            add.u32 %r4, %r4, 1; add.u32 %r4, %r4, %r1; setp.lt.u32 %p1, %r4, 3; @%p1 bra LOOP;
            st.global.u32 [%rd1], %r1;
            """;

        KernelProfile profile = PathKernel.Run(Body, LaunchShape.Linear(1, 32), Traced, functions: ".file 1 \"a.cu\"");

        Assert.That(
            profile.LongestPathSteps.Select(step => (step.File, step.Line, step.Part, step.Clocks, step.Times, step.Instruction)),
            Is.EqualTo(new[]
            {
                ("a.cu", 41, PathPart.DeviceMemory, 3000.0, 3.0, "ld.global.u64 %rd3, [%rd2]"),
                ("a.cu", 43, PathPart.SharedMemory, 210.0, 3.0, "ld.shared.u32 %r1, [tile]"),
            }));
        Assert.That(profile.ToString(), Does.Contain("\n    DeviceMemory   3,000 (").And.Contain("\n    waits          210 for SharedMemory, 3 times, at a.cu(43): ld.shared.u32 %r1, [tile]\n"));
    }

    [Test]
    public void Parts_WithoutTracingAreAbsent()
    {
        const string Body = "ld.global.u32 %r1, [%rd2];" + Store;
        KernelProfile plain = PathKernel.Run(Body, LaunchShape.Linear(1, 32));
        KernelProfile traced = PathKernel.Run(Body, LaunchShape.Linear(1, 32), Traced);

        Assert.That((plain.LongestPathParts.Count, plain.LongestPathSteps.Count), Is.EqualTo((0, 0)));
        Assert.That((plain.LongestPath, plain.LongestPathTrips, plain.AveragePath), Is.EqualTo((traced.LongestPath, traced.LongestPathTrips, traced.AveragePath)));
    }

    private static TestCaseData Path(string name, string body, params (PathPart Part, double Clocks)[] parts)
        => new TestCaseData(body, parts.ToDictionary(part => part.Part, part => part.Clocks)).SetArgDisplayNames(name);
}
