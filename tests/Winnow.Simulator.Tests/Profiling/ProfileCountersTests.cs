using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using Winnow.Simulator.Profiling;

namespace Winnow.Simulator.Tests.Profiling;

public sealed class ProfileCountersTests
{
    private static readonly ulong[] Neighbours = [.. Enumerable.Range(0, 32).Select(i => 1024ul + (4 * (ulong)i))];

    [Test]
    public void ToProfile_HoldsWhatWasCounted()
    {
        KernelProfile profile = Sample().ToProfile("winnow_sample");

        Assert.That(
            profile.Instructions,
            Is.EquivalentTo(new Dictionary<InstructionClass, long> { [InstructionClass.Float32] = 2, [InstructionClass.Tensor] = 1 }));
        Assert.That((profile.Launches, profile.Blocks, profile.WarpInstructions, profile.LaneInstructions), Is.EqualTo((1L, 2L, 3L, 72L)));
        Assert.That((profile.Flops, profile.TensorFlops), Is.EqualTo((80L, 4096L)));
        Assert.That(profile.GlobalLoads, Is.EqualTo(new GlobalTraffic(1, 128, 4)));
        Assert.That(profile.GlobalStores, Is.EqualTo(new GlobalTraffic(1, 4, 1)));
        Assert.That(profile.GlobalAtomics, Is.EqualTo(new GlobalTraffic(1, 8, 1)));
        Assert.That(profile.Shared, Is.EqualTo(new SharedTraffic(1, 128, 1, 0)));
        Assert.That(profile.LaneUse, Is.EqualTo(0.75));
        Assert.That(profile.GlobalBytes, Is.EqualTo(6 * 32));
        Assert.That(profile.Intensity, Is.EqualTo(4176.0 / 192));
        Assert.That((profile.GlobalLoads.Coalescing, profile.GlobalLoads.SectorsPerRequest, profile.Shared.ConflictFactor), Is.EqualTo((1.0, 4.0, 1.0)));
    }

    [Test]
    public void Add_WorkersSumUp()
    {
        ProfileCounters sum = Sample();
        sum.Add(Sample());

        KernelProfile profile = sum.ToProfile("k");
        Assert.That((profile.Launches, profile.Blocks, profile.WarpInstructions, profile.LaneInstructions), Is.EqualTo((2L, 4L, 6L, 144L)));
        Assert.That((profile.Flops, profile.TensorFlops, profile.LocalBytes), Is.EqualTo((160L, 8192L, 32L)));
        Assert.That(profile.GlobalLoads, Is.EqualTo(new GlobalTraffic(2, 256, 8)));
        Assert.That(profile.GlobalStores, Is.EqualTo(new GlobalTraffic(2, 8, 2)));
        Assert.That(profile.GlobalAtomics, Is.EqualTo(new GlobalTraffic(2, 16, 2)));
        Assert.That(profile.Shared, Is.EqualTo(new SharedTraffic(2, 256, 2, 0)));
    }

    [Test]
    public void Add_OfPathsKeepsTheLongestOfALaunchAndAveragesLaunches()
    {
        ProfileCounters launch = new() { Launches = 1, Blocks = 3 };
        launch.AddPath(PathOf(100, 9), drawsWork: false);
        ProfileCounters worker = new();
        worker.AddPath(PathOf(400, 2), drawsWork: false);
        worker.AddPath(PathOf(400, 3), drawsWork: false);
        launch.Add(worker);
        ProfileCounters second = new() { Launches = 1, Blocks = 1 };
        second.AddPath(PathOf(260, 1), drawsWork: false);
        launch.AddLaunch(second);

        KernelProfile profile = launch.ToProfile("k");
        Assert.That((profile.LongestPath, profile.AveragePath), Is.EqualTo(((400 + 260) / 2.0, (100 + 400 + 400 + 260) / 4.0)));
        Assert.That(profile.LongestPathTrips, Is.EqualTo((3 + 1) / 2.0), "of the longest path; of two as long that with more");

        static PathSum PathOf(int clocks, int trips)
        {
            PathTime time = default;
            for (int i = 0; i < trips; i++)
            {
                time = time.After(0, trips: 1);
            }

            return PathSum.Of(time.After(clocks), trace: null);
        }
    }

    [Test]
    public void ToProfile_OfNothingDividesNothing()
    {
        KernelProfile profile = new ProfileCounters().ToProfile("k");

        Assert.That((profile.LaneUse, profile.Intensity, profile.GlobalLoads.Coalescing), Is.EqualTo((0.0, 0.0, 0.0)));
        Assert.That((profile.GlobalLoads.SectorsPerRequest, profile.Shared.ConflictFactor), Is.EqualTo((0.0, 0.0)));
    }

    [Test]
    public void ToString_IsForPeople()
        => Assert.That(
            Sample().ToProfile("winnow_sample").ToString().Split('\n'),
            Is.EqualTo(new[]
            {
                "winnow_sample: 1 launches, 2 blocks",
                "  instructions   3 of warps, 72 of threads (75 % of lanes)",
                "    Float32        2",
                "    Tensor         1",
                "  global loads   1 requests, 128 bytes, 4 sectors (100 % of bytes moved)",
                "  global stores  1 requests, 4 bytes, 1 sectors (12 % of bytes moved)",
                "  global atomics 1 requests, 8 bytes, 1 sectors (25 % of bytes moved)",
                "  shared         1 requests, 128 bytes, 1 passes, 0 bank conflicts",
                "  local          16 bytes",
                "  operations     80 and 4,096 on tensor cores; 21.75 a byte of global memory",
            }));

    private static ProfileCounters Sample()
    {
        var counters = new ProfileCounters { Launches = 1, Blocks = 2, LocalBytes = 16 };
        var multiplyAdd = new InstructionTraits(InstructionClass.Float32, 2, 0);
        counters.AddInstruction(multiplyAdd, 0xFFFFFFFF);
        counters.AddInstruction(multiplyAdd, 0xFF);
        counters.AddInstruction(new InstructionTraits(InstructionClass.Tensor, 0, 4096), 0xFFFFFFFF);
        counters.AddGlobalLoad(Neighbours, 0xFFFFFFFF, 4);
        counters.AddGlobalStore(Neighbours, 0x10, 4);
        counters.AddGlobalAtomic(Neighbours, 0x3, 4);
        counters.AddShared(Neighbours, 0xFFFFFFFF, 4);
        return counters;
    }
}
