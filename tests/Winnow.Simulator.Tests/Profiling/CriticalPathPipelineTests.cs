using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using Winnow.Gpu;
using Winnow.Simulator.Tests.Execution;
using Winnow.Simulator.Tests.Faults;

namespace Winnow.Simulator.Tests.Profiling;

/// <summary>Critical paths through what Hopper does beside its warps: bulk copies, phases, products of warpgroups, clusters.</summary>
public sealed class CriticalPathPipelineTests
{
    private const int Stages = 3;
    private const int Loads = 16;

    private static readonly Dictionary<string, Func<PtxSimulatorOptions, KernelProfile>> Pipelines = new()
    {
        ["ring"] = Ring,
        ["pipeline"] = PipelineTests.Profile,
        ["pipeline of clusters"] = ClusterPipelineTests.Profile,
    };

    [TestCase("ring")]
    [TestCase("pipeline")]
    [TestCase("pipeline of clusters")]
    public void Path_ThroughPhasesIsTheSameUnderAnySeed(string name)
    {
        // How often a wait looks in vain is drawn from the seed.
        (double Clocks, double Trips)[] paths =
        [
            .. Enumerable.Range(1, 8).Select(seed => Pipelines[name](Options(seed))).Select(profile => (profile.LongestPath, profile.LongestPathTrips)),
        ];

        Assert.That(paths, Is.All.EqualTo(paths[0]));
    }

    [TestCase("ring")]
    [TestCase("pipeline")]
    [TestCase("pipeline of clusters")]
    public void Parts_ThroughPhasesAreTheWholePathUnderAnySeed(string name)
    {
        KernelProfile plain = Pipelines[name](Options(1));
        KernelProfile[] traced = [.. Enumerable.Range(1, 8).Select(seed => Pipelines[name](Options(seed) with { TracesPaths = true }))];

        Assert.That(traced.Select(profile => (profile.LongestPath, profile.LongestPathTrips)), Is.All.EqualTo((plain.LongestPath, plain.LongestPathTrips)));
        Assert.That(traced.Select(profile => profile.LongestPathParts.Values.Sum()), Is.All.EqualTo(plain.LongestPath));
        Assert.That(traced[0].LongestPathParts[PathPart.DeviceMemory], Is.EqualTo(plain.LongestPathTrips * PathKernel.Round.Memory));
        Assert.That(traced.Select(profile => profile.LongestPathParts), Is.All.EquivalentTo(traced[0].LongestPathParts));
        Assert.That(traced.Select(profile => profile.LongestPathSteps), Is.All.EqualTo(traced[0].LongestPathSteps));
    }

    [Test]
    public void Path_OfARingIsARoundTripForAllItsStages()
    {
        // Three loads are on their way at a time: the sixteenth is the first of the sixth round.
        const int Rounds = (Loads + Stages - 1) / Stages;
        KernelProfile profile = Ring(Options(1, PathKernel.Round with { Memory = 10_000 }));
        double near = profile.LongestPath;
        double far = Ring(Options(1, PathKernel.Round with { Memory = 20_000 })).LongestPath;

        Assert.That(far - near, Is.EqualTo(Rounds * 10_000));
        Assert.That(profile.LongestPathTrips, Is.EqualTo(Rounds));
        Assert.That(near, Is.InRange(Rounds * 10_000, Rounds * 10_500));
    }

    [Test]
    public void Path_OfProductsOfWarpgroupsIsTheirRate()
    {
        // 64 columns of 16: 2 * 64 * 64 * 16 operations at 4096 a clock.
        Assert.That(Products(12) - Products(4), Is.EqualTo(8 * 32));
    }

    [Test]
    public void Path_ThroughTheBarrierOfAClusterIsThatOfItsSlowestBlock()
    {
        const string Kernel = HopperCode.Mbarriers + HopperCode.Clusters + """
            extern "C" __cluster_dims__(2, 1, 1) __global__ void test(int* out, const int* in) {
              int rank, sum = threadIdx.x;
              RANK(rank);
              if (rank == 0) sum += in[threadIdx.x];
              if (sum < 0) out[0] = sum;
              CLUSTER_SYNC();
              if (rank == 1) out[threadIdx.x] = sum;
            }
            """;
        KernelProfile profile = Run(Kernel, Options(1), LaunchShape.Linear(2, 32));

        // The load of the first block, and the way to the other one; neither block ends before.
        Assert.That(profile.AveragePath, Is.InRange(1200, 1350));
        Assert.That(profile.LongestPath - profile.AveragePath, Is.LessThan(20));
    }

    private static double Products(int count)
    {
        string kernel = HopperCode.Mbarriers + HopperCode.Copies + HopperCode.Products + PipelineTests.Multiply() + $$"""
            extern "C" __global__ void test(float* out, const int* in) {
              __shared__ __align__(1024) int tile[128 * 32];
              for (int i = threadIdx.x; i < 128 * 32; i += 128) tile[i] = 0;
              FENCE_ASYNC();
              __syncthreads();
              u64 t = (u64)(SH(tile) >> 4) | 64ull << 32 | 1ull << 62;
              float d[32] = {};
              WGMMA_FENCE();
              {{string.Concat(Enumerable.Repeat("MULTIPLY(d, t, t);", count))}}
              WGMMA_COMMIT();
              WGMMA_WAIT(0);
              for (int i = 0; i < 32; i++) out[i * 128 + threadIdx.x] = d[i];
            }
            """;
        return Run(kernel, Options(1), LaunchShape.Linear(1, 128)).LongestPath;
    }

    private static KernelProfile Ring(PtxSimulatorOptions options) => Run(BulkCopyTests.Ring, options, LaunchShape.Linear(1, 64));

    private static KernelProfile Run(string kernel, PtxSimulatorOptions options, LaunchShape shape)
    {
        using SimulatedKernel test = new(kernel, options);
        nint result = test.Buffer(32 * 128 * sizeof(float));
        test.Launch(shape, result, test.Buffer<int>(new int[BulkCopyTests.Numbers]));
        return test.Driver.TakeProfiles().Single();
    }

    private static PtxSimulatorOptions Options(int seed, LatencyTable? latencies = null)
        => new() { Architecture = HopperCode.Architecture, Profiles = true, AssemblesPaths = false, Seed = seed, Latencies = latencies ?? PathKernel.Round };
}
