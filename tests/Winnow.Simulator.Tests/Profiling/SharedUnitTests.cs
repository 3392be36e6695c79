using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using Winnow.Gpu;

namespace Winnow.Simulator.Tests.Profiling;

/// <summary>Critical paths on which instructions wait for units that others use, against clocks counted by hand; see <see cref="PathKernel"/>.</summary>
public sealed class SharedUnitTests
{
    private const string Functions = "mov.f32 %f1, 0f00000000; ex2.approx.f32 %f2, %f1; ex2.approx.f32 %f3, %f1; ex2.approx.f32 %f4, %f1; ex2.approx.f32 %f5, %f1;"
        + "add.f32 %f2, %f2, %f3; add.f32 %f4, %f4, %f5; add.f32 %f2, %f2, %f4; st.global.f32 [%rd1], %f2;";

    private static readonly UnitTable Small = new() { Multiprocessors = 2, Threads = 256, Special = 8, Integer = 2, Shuffle = 4, GroupFlops = 1024, WarpFlops = 512 };

    // With as many units as they want the functions begin at 4 to 7, and the store comes 40 + 10 + 10 clocks after the last of them and a clock before the return. A unit
    // begins one every 8 clocks: at 8, 16, 24 and 32.
    [TestCase(32, false, 7 + 40 + 20 + 1)]
    [TestCase(32, true, 32 + 40 + 20 + 1)]
    [TestCase(128, true, 32 + 40 + 20 + 1, TestName = "Path_OfFourWarpsIsThatOfOneBecauseEachHasItsScheduler")]
    public void Path_OfFunctionsTakesTheirUnitInTurn(int threads, bool shares, int clocks)
        => Assert.That(Run(Functions, LaunchShape.Linear(1, threads), shares ? Small : null).LongestPath, Is.EqualTo(clocks));

    // Eight functions of two warps of a scheduler, whichever comes first: the last begins at 64.
    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    public void Path_OfTwoWarpsOfASchedulerIsThatOfBoth(int seed)
    {
        double path = Run(Functions, LaunchShape.Linear(1, 160), Small, seed).LongestPath;

        Assert.That(path, Is.EqualTo(64 + 40 + 20 + 1));
    }

    // From 4 on, every 2 and every 4 clocks; the last at 10 and at 8.
    [TestCase("add.s32 %r2, %r1, 1; add.s32 %r3, %r1, 2; add.s32 %r4, %r1, 3; add.s32 %r5, %r1, 4; st.global.v4.u32 [%rd1], {%r2, %r3, %r4, %r5};", 10 + 10)]
    [TestCase("shfl.sync.bfly.b32 %r2, %r1, 1, 31, -1; shfl.sync.bfly.b32 %r3, %r1, 2, 31, -1; st.global.v2.u32 [%rd1], {%r2, %r3};", 8 + 50)]
    public void Path_KeepsAUnitForItsClocks(string body, int ready)
    {
        double path = Run("mov.u32 %r1, 1;" + body, LaunchShape.Linear(1, 32), Small).LongestPath;

        Assert.That(path, Is.EqualTo(ready + 1));
    }

    [Test]
    public void Path_OfProductsTakesTensorCoresInTurn()
    {
        // 4096 operations each, 512 a clock: four independent ones take 8 clocks each of their scheduler, and 60 more for the last.
        const string One = "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f1,%f2,%f3,%f4}, {%r1,%r1,%r1,%r1}, {%r1,%r1}, {%f1,%f2,%f3,%f4};";
        const string Begin = "mov.u32 %r1, 0; mov.f32 %f1, 0f00000000; mov.f32 %f2, %f1; mov.f32 %f3, %f1; mov.f32 %f4, %f1;";
        string body = Begin + string.Concat(Enumerable.Range(0, 4).Select(i => One.Replace("%f", $"%f{i}", System.StringComparison.Ordinal))) + "st.global.f32 [%rd1], %f34;";

        double alone = PathKernel.Run(Declared(body), LaunchShape.Linear(1, 32)).LongestPath;
        double shared = Run(Declared(body), LaunchShape.Linear(1, 32), Small).LongestPath;

        Assert.That(shared - alone, Is.EqualTo(3 * 7), "of four products the last begins 24 clocks after the first and not 3");
    }

    // Two multiprocessors: of two blocks none shares one, of four two do, and of sixteen as many as 256 threads are.
    [TestCase(2, 1, 32 + 40 + 20 + 1)]
    [TestCase(4, 2, 64 + 40 + 20 + 1)]
    [TestCase(16, 2, 64 + 40 + 20 + 1)]
    public void Turn_OfBlocksThatShareEndsWithTheLast(int blocks, int together, int clocks)
    {
        KernelProfile profile = Run(Functions, LaunchShape.Linear(blocks, 128), Small);

        Assert.That((profile.BlocksOfTurn, profile.AverageTurn, profile.LongestPath), Is.EqualTo(((double)together, (double)clocks, (double)clocks)));
    }

    [Test]
    public void Turn_WithoutUnitsIsNone() => Assert.That(Run(Functions, LaunchShape.Linear(4, 128), null).BlocksOfTurn, Is.Zero);

    [Test]
    public void Parts_OfAPathTellWhatItWaitsForBecauseOthersUseIt()
    {
        KernelProfile profile = Run(Functions, LaunchShape.Linear(1, 32), Small);

        Assert.That(profile.LongestPathParts, Is.EquivalentTo(new Dictionary<PathPart, double> { [PathPart.Units] = 32 - 7, [PathPart.Special] = 40, [PathPart.Arithmetic] = 7 + 20 + 1 }));
        Assert.That(profile.LongestPathSteps.First(step => step.Part == PathPart.Units).Instruction, Does.StartWith("ex2.approx.f32"));
    }

    [TestCase(1)]
    [TestCase(4)]
    public void Profile_DoesNotDependOnTheNumberOfCores(int threads)
    {
        KernelProfile profile = RunOn(threads);
        KernelProfile other = RunOn(2);

        Assert.That((profile.AverageTurn, profile.LongestPath, profile.AveragePath), Is.EqualTo((other.AverageTurn, other.LongestPath, other.AveragePath)));

        static KernelProfile RunOn(int threads)
            => PathKernel.Run(Functions + "bar.sync 0;" + Functions, LaunchShape.Linear(50, 128), new PtxSimulatorOptions { Units = Small, Threads = threads });
    }

    [TestCase(32, 0, 1000, 16)]
    [TestCase(1024, 0, 1000, 2)]
    [TestCase(32, 100_000, 1000, 2)]
    [TestCase(32, 0, 5, 3)]
    [TestCase(32, 0, 1, 1)]
    public void BlocksAtOnce_GoByThreadsSharedMemoryAndNumber(int threads, int sharedBytes, long blocks, int expected)
        => Assert.That(new UnitTable { Multiprocessors = 2, Blocks = 16 }.BlocksAtOnce(threads, sharedBytes, blocks), Is.EqualTo(expected));

    private static KernelProfile Run(string body, LaunchShape shape, UnitTable? units, int seed = 1)
        => PathKernel.Run(body, shape, new PtxSimulatorOptions { Units = units, Seed = seed, TracesPaths = units is not null });

    /// <summary>With registers of its own numbers.</summary>
    private static string Declared(string body) => ".reg .f32 %f0<5>; .reg .f32 %f1<5>; .reg .f32 %f2<5>; .reg .f32 %f3<5>;" + body;
}
