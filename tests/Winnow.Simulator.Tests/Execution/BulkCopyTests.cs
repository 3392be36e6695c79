using System.Linq;
using NUnit.Framework;
using Winnow.Gpu;
using Winnow.Simulator.Tests.Faults;

namespace Winnow.Simulator.Tests.Execution;

/// <summary>Bulk copies: what they move, when it is there, and what a profile counts.</summary>
public sealed class BulkCopyTests
{
    private const int Seeds = 10;
    internal const int Numbers = 1024;

    /// <summary>A producer warp fills a ring of three stages of 256 bytes, a consumer warp adds 1000 and stores from a stage of its own.</summary>
    internal const string Ring = HopperCode.Mbarriers + HopperCode.Copies + """
        extern "C" __global__ void test(int* out, const int* in) {
          __shared__ __align__(16) int tile[3][64];
          __shared__ __align__(16) int result[64];
          __shared__ u64 full[3], empty[3];
          int lane = threadIdx.x % 32;
          if (threadIdx.x == 0) { for (int s = 0; s < 3; s++) { MBAR_INIT(full + s, 1); MBAR_INIT(empty + s, 32); } FENCE_INIT(); }
          __syncthreads();
          if (threadIdx.x < 32) {
            unsigned leader;
            asm volatile("{.reg .pred p; elect.sync _|p, 0xffffffff; selp.u32 %0, 1, 0, p;}" : "=r"(leader));
            if (leader) for (int j = 0; j < 16; j++) {
              MBAR_WAIT(empty + j % 3, (j / 3 & 1) ^ 1);
              MBAR_EXPECT(full + j % 3, 256);
              BULK_LOAD(tile[j % 3], in + j * 64, 256, full + j % 3);
            }
          } else {
            for (int j = 0; j < 16; j++) {
              MBAR_WAIT(full + j % 3, j / 3 & 1);
              int a = tile[j % 3][lane], b = tile[j % 3][lane + 32];
              MBAR_ARRIVE(empty + j % 3);
              if (lane == 0) BULK_WAIT_READ(0);
              __syncwarp();
              result[lane] = a + 1000;
              result[lane + 32] = b + 1000;
              FENCE_ASYNC();
              __syncwarp();
              if (lane == 0) { BULK_STORE(out + j * 64, result, 256); BULK_COMMIT(); }
            }
            if (lane == 0) BULK_WAIT(0);
          }
        }
        """;

    private static PtxSimulatorOptions Options(int seed) => new() { Architecture = HopperCode.Architecture, Seed = seed, Profiles = true };

    [Test]
    public void Launch_OfRingOfBulkCopiesMovesEveryStage()
    {
        int[] input = [.. Enumerable.Range(0, Numbers).Select(i => (i * 7919) % 1009)];
        for (int seed = 1; seed <= Seeds; seed++)
        {
            using SimulatedKernel test = new(Ring, Options(seed));
            nint result = test.Buffer(Numbers * sizeof(int));
            test.Launch(LaunchShape.Linear(1, 64), result, test.Buffer<int>(input));

            Assert.That(test.Read<int>(result, Numbers), Is.EqualTo(input.Select(i => i + 1000)), $"seed {seed}");
        }
    }

    [Test]
    public void TakeProfiles_OfBulkCopiesCountsTheirBytes()
    {
        using SimulatedKernel test = new(Ring, Options(1));
        nint result = test.Buffer(Numbers * sizeof(int));
        test.Launch(LaunchShape.Linear(1, 64), result, test.Buffer<int>(new int[Numbers]));

        KernelProfile profile = test.Driver.TakeProfiles()[0];
        Assert.That(profile.BulkBytes, Is.EqualTo(2 * 4096));
        Assert.That(profile.GlobalLoads, Is.EqualTo(new GlobalTraffic(16, 4096, 128)));
        Assert.That(profile.GlobalStores, Is.EqualTo(new GlobalTraffic(16, 4096, 128)));
        Assert.That(profile.ToString(), Does.Contain("8,192"));
    }

    [Test]
    public void Launch_OfLoadOverStageInUseIsFoundUnderEverySeed()
    {
        string faulty = Ring.Replace("MBAR_WAIT(empty", "if (j < 3) MBAR_WAIT(empty", System.StringComparison.Ordinal);
        for (int seed = 1; seed <= Seeds; seed++)
        {
            using SimulatedKernel test = new(faulty, Options(seed));
            nint result = test.Buffer(Numbers * sizeof(int));
            nint input = test.Buffer<int>(new int[Numbers]);

            GpuFaultException found = Assert.Throws<GpuFaultException>(() => test.Launch(LaunchShape.Linear(1, 64), result, input))!;
            Assert.That(found.Kind, Is.AnyOf("race", "missing-wait", "barrier-overflow"), found.Message);
        }
    }

    [Test]
    public void Launch_WithoutChecksMovesTheSame()
    {
        int[] input = [.. Enumerable.Range(5, Numbers)];
        using SimulatedKernel test = new(Ring, Options(3) with { Checks = false });
        nint result = test.Buffer(Numbers * sizeof(int));
        test.Launch(LaunchShape.Linear(1, 64), result, test.Buffer<int>(input));

        Assert.That(test.Read<int>(result, Numbers), Is.EqualTo(input.Select(i => i + 1000)));
    }
}
