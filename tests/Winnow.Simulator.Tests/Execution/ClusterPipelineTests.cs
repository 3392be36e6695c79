using System;
using System.Linq;
using NUnit.Framework;
using Winnow.Gpu;
using Winnow.Simulator.Tests.Faults;

namespace Winnow.Simulator.Tests.Execution;

/// <summary>
/// A product whose second factor two blocks of a cluster bring together: each copies a half of every tile to both, into stages that the products of both
/// have left. Without any one of the lines that hand over it is found out.
/// </summary>
public sealed class ClusterPipelineTests
{
    private const int Blocks = 2;
    private const int M = 64;
    private const int N = 64;
    private const int K = 64;
    private const int Steps = 7;
    private const int SharedBytes = 3 * (M + N) * K * sizeof(ushort);

    private static readonly string Kernel = HopperCode.Mbarriers + HopperCode.Copies + HopperCode.Clusters + HopperCode.Products + PipelineTests.Multiply() + """
        extern __shared__ __align__(1024) char stages[];
        extern "C" __cluster_dims__(2, 1, 1) __global__ void test(float* out, const char* a, const char* b, int steps) {
          __shared__ u64 full[3], empty[3];
          const int aBytes = 64 * 64 * 2, bBytes = 64 * 64 * 2, half = bBytes / 2;
          int rank;
          RANK(rank);
          if (threadIdx.x == 0) {
            for (int s = 0; s < 3; s++) { MBAR_INIT(full + s, 1); MBAR_INIT(empty + s, 2); }
            FENCE_INIT();
          }
          CLUSTER_ARRIVE_RELAXED(); CLUSTER_WAIT();
          if (threadIdx.x == 0) {
            for (int j = 0; j < steps; j++) {
              char* stage = stages + j % 3 * (aBytes + bBytes);
              MBAR_WAIT_CLUSTER(empty + j % 3, (j / 3 & 1) ^ 1);
              MBAR_EXPECT(full + j % 3, aBytes + bBytes);
              BULK_LOAD(stage, a + (blockIdx.x * steps + j) * aBytes, aBytes, full + j % 3);
              BULK_MULTICAST(stage + aBytes + rank * half, b + j * bBytes + rank * half, half, full + j % 3, 3);
            }
            for (int j = steps; j < steps + 3; j++) MBAR_WAIT_CLUSTER(empty + j % 3, (j / 3 & 1) ^ 1);
          } else if (threadIdx.x >= 128) {
            int lane = threadIdx.x % 32;
            float d[32] = {};
            for (int j = 0; j < steps; j++) {
              char* stage = stages + j % 3 * (aBytes + bBytes);
              MBAR_WAIT_CLUSTER(full + j % 3, j / 3 & 1);
              WGMMA_FENCE();
              #pragma unroll
              for (int k = 0; k < 4; k++) {
                u64 da = (u64)(SH(stage + k * 2048) >> 4) | (u64)(1024 >> 4) << 16 | (u64)(128 >> 4) << 32;
                u64 db = (u64)(SH(stage + aBytes + k * 2048) >> 4) | (u64)(1024 >> 4) << 16 | (u64)(128 >> 4) << 32;
                MULTIPLY(d, da, db);
              }
              WGMMA_COMMIT();
              WGMMA_WAIT(0);
              unsigned there;
              MAP(there, empty + j % 3, threadIdx.x & 1);
              if (threadIdx.x < 130) MBAR_ARRIVE_BLOCK(there);
            }
            int row = blockIdx.x * 64 + threadIdx.x % 128 / 32 * 16 + lane / 4;
            for (int i = 0; i < 32; i++) out[(row + i / 2 % 2 * 8) * 64 + i / 4 * 8 + lane % 4 * 2 + i % 2] = d[i];
          }
        }
        """;

    [Test]
    public void Launch_OfPipelineGivesProduct()
    {
        Random random = new(5);
        float[] a = [.. Enumerable.Range(0, Blocks * M * K * Steps).Select(_ => random.Next(-8, 9) / 4f)];
        float[] b = [.. Enumerable.Range(0, N * K * Steps).Select(_ => random.Next(-8, 9) / 4f)];
        double[] expected = new double[Blocks * M * N];
        for (int i = 0; i < expected.Length; i++)
        {
            for (int k = 0; k < K * Steps; k++)
            {
                expected[i] += (double)a[(i / N * K * Steps) + k] * b[(i % N * K * Steps) + k];
            }
        }

        for (int seed = 1; seed <= 5; seed++)
        {
            Assert.That(Run(Kernel, a, b, seed, hasChecks: seed > 1), Is.EqualTo(expected.Select(sum => (float)sum)), $"seed {seed}");
        }
    }

    [TestCase("FENCE_INIT();", "invalid-barrier", "missing-fence")]
    [TestCase("CLUSTER_ARRIVE_RELAXED(); CLUSTER_WAIT();", "invalid-barrier", "absent-block")]
    [TestCase("MBAR_WAIT_CLUSTER(empty + j % 3, (j / 3 & 1) ^ 1);\n      MBAR", "race", "missing-wait", "barrier-overflow")]
    [TestCase("MBAR_WAIT_CLUSTER(full + j % 3, j / 3 & 1);", "missing-wait", "uninitialized")]
    [TestCase("MBAR_EXPECT(full + j % 3, aBytes + bBytes);", "deadlock")]
    [TestCase("BULK_MULTICAST(stage + aBytes + rank * half, b + j * bBytes + rank * half, half, full + j % 3, 3);", "deadlock")]
    [TestCase("if (threadIdx.x < 130) MBAR_ARRIVE_BLOCK(there);", "deadlock")]
    [TestCase("for (int j = steps; j < steps + 3; j++) MBAR_WAIT_CLUSTER(empty + j % 3, (j / 3 & 1) ^ 1);", "absent-block")]
    public void Launch_OfPipelineWithoutALineIsFoundUnderEverySeed(string line, params string[] kinds)
    {
        Assert.That(Kernel, Does.Contain(line));
        string rest = line.Contains('\n', StringComparison.Ordinal) ? "MBAR" : "";
        string faulty = Kernel.Replace(line, rest, StringComparison.Ordinal);
        for (int seed = 1; seed <= 5; seed++)
        {
            GpuFaultException found = Assert.Throws<GpuFaultException>(() => Run(faulty, new float[Blocks * M * K * Steps], new float[N * K * Steps], seed, hasChecks: true))!;
            Assert.That(found.Kind, Is.AnyOf([.. kinds.Cast<object>()]), found.Message);
        }
    }

    /// <summary>What the pipeline does.</summary>
    internal static KernelProfile Profile(PtxSimulatorOptions options)
    {
        using SimulatedKernel test = new(Kernel, options);
        Run(test, new float[Blocks * M * K * Steps], new float[N * K * Steps]);
        return test.Driver.TakeProfiles()[0];
    }

    private static float[] Run(string kernel, float[] a, float[] b, int seed, bool hasChecks)
    {
        using SimulatedKernel test = new(kernel, new PtxSimulatorOptions { Architecture = HopperCode.Architecture, Seed = seed, Checks = hasChecks });
        return Run(test, a, b);
    }

    private static float[] Run(SimulatedKernel test, float[] a, float[] b)
    {
        test.Driver.AllowSharedBytes(test.Function, SharedBytes + 1024);
        nint result = test.Buffer(Blocks * M * N * sizeof(float));
        int half = a.Length / Blocks;
        nint left = test.Buffer<ushort>([.. PipelineTests.Tiles(a[..half], M), .. PipelineTests.Tiles(a[half..], M)]);
        test.Launch(LaunchShape.Linear(Blocks, 256, SharedBytes), result, left, test.Buffer<ushort>(PipelineTests.Tiles(b, N)), Steps);
        return test.Read<float>(result, Blocks * M * N);
    }
}
