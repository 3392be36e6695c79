using System.Linq;
using NUnit.Framework;
using Winnow.Gpu;

namespace Winnow.Simulator.Tests.Profiling;

/// <summary>Critical paths against clocks counted by hand: instructions of one warp, and the order between them.</summary>
public sealed class CriticalPathTests
{
    private const string Store = "st.global.u32 [%rd1], %r1;";

    [Test]
    public void Path_OfNothingIsItsInstructions() => Assert.That(PathKernel.PathOf(""), Is.EqualTo(3));

    // mov at 3; the adds at 4, 14, 24, ...; the store when the last is there, and the return behind it.
    [TestCase(1)]
    [TestCase(8)]
    public void Path_OfDependentAddsIsTheirSum(int count)
        => Assert.That(PathKernel.PathOf("mov.u32 %r1, 1;" + Repeat("add.u32 %r1, %r1, %r1;", count) + Store), Is.EqualTo(4 + (10 * count) + 1));

    [Test]
    public void Path_OfIndependentAddsIsThatOfOne()
    {
        string adds = string.Concat(Enumerable.Range(2, 8).Select(i => $"add.u32 %r{i}, %r1, {i};"));

        // The adds at 4 to 11; the last is there at 21.
        Assert.That(PathKernel.PathOf("mov.u32 %r1, 1;" + adds + "st.global.u32 [%rd1], %r9;"), Is.EqualTo(22));
    }

    [TestCase("add.f32 %f1, %f1, %f1;", 10)]
    [TestCase("ex2.approx.f32 %f1, %f1;", 40)]
    [TestCase("shfl.sync.bfly.b32 %f1, %f1, 1, 31, -1;", 50)]
    [TestCase("add.rn.f16x2 %r1, %r1, %r1; mov.b32 %f1, %r1; mov.b32 %r1, %f1;", 12)]
    [TestCase("cvt.rni.s32.f32 %r1, %f1; cvt.rn.f32.s32 %f1, %r1;", 50)]
    [TestCase("popc.b32 %r1, %r1; mov.b32 %f1, %r1;", 40)]
    public void Path_TakesTheLatencyOfTheUnit(string step, int clocks)
    {
        const string Begin = "mov.f32 %f1, 0f00000000; mov.u32 %r1, 0;";
        double one = PathKernel.PathOf(Begin + step + "st.global.f32 [%rd1], %f1;");
        double nine = PathKernel.PathOf(Begin + Repeat(step, 9) + "st.global.f32 [%rd1], %f1;");

        Assert.That(nine - one, Is.EqualTo(8 * clocks));
    }

    [Test]
    public void Path_OfIndependentLoadsIsThatOfOneLoad()
    {
        const string Loads = "ld.global.u32 %r1, [%rd2]; ld.global.u32 %r2, [%rd2+128]; ld.global.u32 %r3, [%rd2+256]; ld.global.u32 %r4, [%rd2+384];";
        const string Adds = "add.u32 %r1, %r1, %r2; add.u32 %r1, %r1, %r3; add.u32 %r1, %r1, %r4;";

        // Loads at 3 to 6, the adds at 1004, 1014, 1024, the store at 1034.
        Assert.That(PathKernel.PathOf(Loads + Adds + Store), Is.EqualTo(1035));
    }

    [Test]
    public void Path_OfLoadsThatFollowPointersIsTheirSum()
    {
        string chase = Repeat("ld.global.u64 %rd3, [%rd2]; add.s64 %rd2, %rd2, %rd3; add.s64 %rd2, %rd2, 128;", 4);

        Assert.That(PathKernel.PathOf(chase + "st.global.u64 [%rd1], %rd2;"), Is.EqualTo(3 + (4 * (1000 + 10 + 10)) + 1));
    }

    // Loads that are under way together are one trip, as is a line that was read; a chase has as many as loads. Nobody waits for what is not used.
    [TestCase("add.u32 %r1, %r1, %r1;", 0)]
    [TestCase("ld.global.u32 %r1, [%rd2]; ld.global.u32 %r2, [%rd2+128]; add.u32 %r1, %r1, %r2;", 1)]
    [TestCase("ld.global.u64 %rd3, [%rd2]; add.s64 %rd3, %rd2, %rd3; ld.global.u32 %r1, [%rd3+64];", 1)]
    [TestCase("ld.global.u64 %rd3, [%rd2]; add.s64 %rd3, %rd2, %rd3; ld.global.u64 %rd4, [%rd3+128]; add.s64 %rd3, %rd3, %rd4; ld.global.u32 %r1, [%rd3+256];", 3)]
    [TestCase("ld.global.u64 %rd3, [%rd2]; add.s64 %rd3, %rd2, %rd3; ld.global.u32 %r2, [%rd3+128]; mov.u32 %r1, 1;", 1)]
    [TestCase("ld.global.u64 %rd3, [%rd2]; cvt.u32.u64 %r1, %rd3; bar.sync 0; ld.global.u32 %r2, [%rd2+128]; add.u32 %r1, %r1, %r2;", 2)]
    public void Path_HasTripsToDeviceMemory(string body, int trips)
        => Assert.That(PathKernel.Run(body + Store, LaunchShape.Linear(1, 32)).LongestPathTrips, Is.EqualTo(trips));

    [TestCase("ld.global.u32", 100)]
    [TestCase("ld.global.cg.u32", 300)]
    [TestCase("ld.volatile.global.u32", 300)]
    public void Path_OfALineThatWasReadIsThatOfACache(string load, int clocks)
    {
        const string First = "ld.global.u64 %rd3, [%rd2]; add.s64 %rd2, %rd2, %rd3;";

        // The first load at 3, the sum at 1003, the second load at 1013.
        Assert.That(PathKernel.PathOf(First + $"{load} %r1, [%rd2+64];" + Store), Is.EqualTo(1013 + clocks + 1));
    }

    [Test]
    public void Path_OfALineThatIsOnItsWayWaitsForIt()
        => Assert.That(PathKernel.PathOf("ld.global.u32 %r2, [%rd2]; ld.global.u32 %r1, [%rd2+64];" + Store), Is.EqualTo(1004));

    [Test]
    public void Path_OfConflictsInSharedMemoryIsTheirPasses()
    {
        const string Address = "mov.u32 %r2, %tid.x; shl.b32 %r2, %r2, {0}; mov.u32 %r3, tile; add.u32 %r2, %r2, %r3; st.shared.u32 [%r2], %r2; ld.shared.u32 %r1, [%r2];";
        double free = PathKernel.PathOf(Address.Replace("{0}", "2") + Store);
        double conflicts = PathKernel.PathOf(Address.Replace("{0}", "5") + Store);

        // A stride of 8 words: 8 passes.
        Assert.That((free, conflicts - free), Is.EqualTo((24.0 + 70 + 1, 7.0)));
    }

    [Test]
    public void Path_OfALoadAfterAStoreWaitsForWhatIsStored()
    {
        const string Load = "ld.global.u32 %r2, [%rd2]; ";
        const string Twice = "st.global.u32 [%rd1], %r2; ld.global{0}.u32 %r1, [%rd2+128]; st.global.u32 [%rd1], %r1;";

        Assert.That(PathKernel.PathOf(Load + Twice.Replace("{0}", "")), Is.EqualTo(1003 + 1000 + 1));
        Assert.That(PathKernel.PathOf(Load + Twice.Replace("{0}", ".nc")), Is.EqualTo(5 + 1000 + 1), "read-only data wait for no store");
    }

    [Test]
    public void Path_OfABranchOnALoadedValueWaitsForIt()
    {
        const string First = "ld.global.u32 %r2, [%rd2]; setp.eq.u32 %p1, %r2, 0;";
        const string Second = "ld.global.u32 %r1, [%rd2+128];";

        // The comparison at 1003, the branch at 1013, what comes after it at 1014; without the branch the second load is at 5.
        Assert.That(PathKernel.PathOf(First + "@%p1 bra BEHIND; add.u32 %r3, %r2, 1; BEHIND:" + Second + Store), Is.EqualTo(1014 + 1000 + 1));
        Assert.That(PathKernel.PathOf(First + Second + Store), Is.EqualTo(5 + 1000 + 1));
    }

    [Test]
    public void Path_OfAGuardedInstructionWaitsForItsGuard()
        => Assert.That(
            PathKernel.PathOf("mov.u32 %r1, 0; ld.global.u32 %r2, [%rd2]; setp.ne.u32 %p1, %r2, 0; @%p1 add.u32 %r1, %r1, 1; @!%p1 add.u32 %r1, %r1, 2;" + Store),
            Is.EqualTo(4 + 1000 + 10 + 10 + 1));

    // add at 5 + 22 i, the counter at 6 + 22 i, its comparison 10 clocks later, and the branch another 10.
    [Test]
    public void Path_OfALoopIsThatOfItsCounter()
        => Assert.That(PathKernel.PathOf(Loop("add.u32 %r1, %r1, %r1;", 8) + Store), Is.EqualTo(5 + (8 * 22) + 1));

    [Test]
    public void Path_OfALoopThatUsesWhatItLoadsWaitsInEachRound()
    {
        double used = PathKernel.PathOf(Loop("ld.global.u32 %r3, [%rd2]; add.u32 %r1, %r1, %r3; add.s64 %rd2, %rd2, 128;", 8) + Store);
        double unused = PathKernel.PathOf(Loop("ld.global.u32 %r3, [%rd2]; add.s64 %rd2, %rd2, 128;", 8) + "add.u32 %r1, %r1, %r3;" + Store);

        Assert.That(used, Is.InRange(8 * 1000, 8 * 1024));
        Assert.That(unused, Is.InRange(1000, 1000 + (10 * 25)), "loads of rounds that nobody waits for overlap");
    }

    [Test]
    public void Path_OfProductsOfOneSumIsTheirChain()
    {
        const string Product = "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {{%f{0},%f{1},%f{2},%f{3}}}, {{%r1,%r1,%r1,%r1}}, {{%r1,%r1}}, {{%f{0},%f{1},%f{2},%f{3}}};";
        string begin = "mov.u32 %r1, 0;" + string.Concat(Enumerable.Range(1, 16).Select(i => $"mov.f32 %f{i}, 0f00000000;"));
        string Of(int sum) => string.Format(Product, (4 * sum) + 1, (4 * sum) + 2, (4 * sum) + 3, (4 * sum) + 4);
        const string End = "st.global.f32 [%rd1], %f4;";

        // The products begin after 2 + 17 instructions.
        Assert.That(PathKernel.PathOf(begin + Repeat(Of(0), 4) + End), Is.EqualTo(20 + (4 * 60) + 1));
        Assert.That(PathKernel.PathOf(begin + Of(3) + Of(2) + Of(1) + Of(0) + End), Is.EqualTo(23 + 60 + 1));
    }

    [Test]
    public void Path_ThroughACallGoesOn()
    {
        const string Function =
            """
            .func (.param .b32 result) grow(.param .b32 value)
            {
              .reg .b32 %r<3>;
              ld.param.b32 %r1, [value];
              add.u32 %r1, %r1, 1;
              st.param.b32 [result], %r1;
              ret;
            }
            """;
        const string Call = "{ .param .b32 a; .param .b32 b; st.param.b32 [a], %r1; call.uni (b), grow, (a); ld.param.b32 %r1, [b]; }";
        double Path(string body) => PathKernel.Run(body, LaunchShape.Linear(1, 32), functions: Function).LongestPath;

        // The parameter is stored at 1003; call, load of the parameter, add; 10 clocks later the result is stored; return, load of the result, store.
        Assert.That(Path("ld.global.u32 %r1, [%rd2];" + Call + Store), Is.EqualTo(1003 + 3 + 10 + 3 + 1));
    }

    [Test]
    public void Path_OfLaunchesIsTheirAverage()
    {
        // Block 0 adds up, block 1 does not: its branch is at 14, its return at 15.
        const string Body = "mov.u32 %r1, %ctaid.x; setp.ne.u32 %p1, %r1, 0; @%p1 bra END; add.u32 %r1, %r1, 1; add.u32 %r1, %r1, 1; st.shared.u32 [tile], %r1; END:";
        KernelProfile profile = PathKernel.Run(Body, LaunchShape.Linear(2, 32), launches: 3);

        Assert.That((profile.LongestPath, profile.AveragePath), Is.EqualTo((36.0, (36.0 + 15) / 2)));
        Assert.That((profile.BlockThreads, profile.BlockSharedBytes, profile.Launches), Is.EqualTo((32, 4096, 3L)));
    }

    private static string Loop(string body, int rounds)
        => $"mov.u32 %r1, 1; mov.u32 %r2, 0; LOOP: {body} add.u32 %r2, %r2, 1; setp.lt.u32 %p1, %r2, {rounds}; @%p1 bra LOOP;";

    private static string Repeat(string step, int count) => string.Concat(Enumerable.Repeat(step, count));
}
