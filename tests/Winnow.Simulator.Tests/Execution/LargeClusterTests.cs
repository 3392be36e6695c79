using System;
using System.Linq;
using NUnit.Framework;
using Winnow.Gpu;
using Winnow.Simulator.Tests.Faults;

namespace Winnow.Simulator.Tests.Execution;

/// <summary>Clusters of more blocks than every device has: up to 16.</summary>
public sealed class LargeClusterTests
{
    private const int Seeds = 10;
    private const int Blocks = 16;
    private const string Code = HopperCode.Mbarriers + HopperCode.Copies + HopperCode.Clusters;

    private static SimulatedKernel Prepare(string kernel, int seed, bool checks = true)
    {
        SimulatedKernel test = new(Code + kernel, new PtxSimulatorOptions { Architecture = HopperCode.Architecture, Seed = seed, Checks = checks });
        test.Driver.AllowLargeClusters(test.Function);
        return test;
    }

    private static LaunchShape Shape(int clusters, int threads, (int X, int Y, int Z)? cluster = null)
        => LaunchShape.Linear(clusters * Blocks, threads) with { Cluster = cluster ?? (Blocks, 1, 1) };

    [Test]
    public void Launch_OfRingThroughSixteenBlocksHandsOnWhatEachHas()
    {
        const string kernel = """
            extern "C" __global__ void test(int* out, const int* in) {
              __shared__ int tile[2][64];
              int i = threadIdx.x, rank, sum = 0, there;
              unsigned next, opposite;
              RANK(rank);
              tile[0][i] = in[blockIdx.x * 64 + i];
              CLUSTER_SYNC();
              for (int j = 0; j < 16; j++) {
                MAP(next, &tile[~j & 1][i], (rank + 1) % 16);
                MAP(opposite, &tile[j & 1][63 - i], rank ^ 15);
                LD_BLOCK(there, opposite);
                ST_BLOCK(next, tile[j & 1][i]);
                CLUSTER_SYNC();
                sum = sum * 3 + there;
              }
              out[blockIdx.x * 64 + i] = sum;
            }
            """;
        int[] input = [.. Enumerable.Range(0, 2 * Blocks * 64).Select(i => i * 37 % 101)];
        int[] expected =
        [
            .. from block in Enumerable.Range(0, 2 * Blocks)
               from i in Enumerable.Range(0, 64)
               let first = block / Blocks * Blocks
               select Enumerable.Range(0, Blocks).Aggregate(0, (sum, j) => (sum * 3) + input[((first + (((block % Blocks) ^ 15) + Blocks - j) % Blocks) * 64) + 63 - i]),
        ];

        for (int seed = 1; seed <= Seeds; seed++)
        {
            using SimulatedKernel test = Prepare(kernel, seed);
            nint result = test.Buffer<int>(new int[expected.Length]);
            test.Launch(Shape(2, 64), result, test.Buffer<int>(input));
            Assert.That(test.Read<int>(result, expected.Length), Is.EqualTo(expected), $"seed {seed}");
        }
    }

    [Test]
    public void Launch_OfMulticastAndArrivalsReachesTheSixteenthBlock()
    {
        const string kernel = """
            extern "C" __cluster_dims__(4, 4, 1) __global__ void test(int* out, const int* in) {
              __shared__ __align__(16) int tile[32];
              __shared__ u64 full, done;
              int i = threadIdx.x, rank, block = blockIdx.y * 4 + blockIdx.x;
              unsigned first;
              RANK(rank);
              MAP(first, &done, 0);
              if (i == 0) { MBAR_INIT(&full, 1); MBAR_INIT(&done, 16); MBAR_EXPECT(&full, 128); FENCE_INIT(); }
              CLUSTER_ARRIVE_RELAXED(); CLUSTER_WAIT();
              if (rank == 15 && i == 0) BULK_MULTICAST(tile, in, 128, &full, 0xFFFF);
              MBAR_WAIT_CLUSTER(&full, 0);
              out[block * 32 + i] = tile[i] + 1000 * rank;
              __syncwarp();
              if (i == 0) MBAR_ARRIVE_BLOCK(first);
              if (rank == 0) MBAR_WAIT_CLUSTER(&done, 0);
              CLUSTER_SYNC();
            }
            """;
        int[] expected = [.. Enumerable.Range(0, Blocks * 32).Select(i => (1000 * (i / 32)) + 7 + (i % 32))];

        for (int seed = 1; seed <= Seeds; seed++)
        {
            using SimulatedKernel test = Prepare(kernel, seed);
            nint result = test.Buffer<int>(new int[expected.Length]);
            test.Launch(new LaunchShape(4, 4, 1, 32), result, test.Buffer<int>([.. Enumerable.Range(7, 32)]));
            Assert.That(test.Read<int>(result, expected.Length), Is.EqualTo(expected), $"seed {seed}");
        }
    }

    [Test]
    public void Launch_WhoseHigherRanksEndAtOnceLetsTheOthersGoOn()
    {
        const string kernel = """
            extern "C" __global__ void test(int* out, const int* in) {
              __shared__ int tile[32];
              int i = threadIdx.x, rank, sum = 0, value;
              unsigned other;
              RANK(rank);
              if (rank >= 5) return;
              for (int j = 0; j < 6; j++) {
                tile[i] = in[rank * 32 + i] + j;
                CLUSTER_SYNC();
                MAP(other, tile + i, (rank + j) % 5);
                LD_BLOCK(value, other);
                sum = sum * 3 + value;
                CLUSTER_SYNC();
              }
              out[blockIdx.x * 32 + i] = sum;
            }
            """;
        int[] input = [.. Enumerable.Range(0, 5 * 32).Select(i => i * 37 % 101)];
        int[] expected =
        [
            .. from block in Enumerable.Range(0, Blocks)
               from i in Enumerable.Range(0, 32)
               select block >= 5 ? 0 : Enumerable.Range(0, 6).Aggregate(0, (sum, j) => (sum * 3) + input[((block + j) % 5 * 32) + i] + j),
        ];

        for (int seed = 1; seed <= Seeds; seed++)
        {
            using SimulatedKernel test = Prepare(kernel, seed);
            nint result = test.Buffer<int>(new int[expected.Length]);
            test.Launch(Shape(1, 32), result, test.Buffer<int>(input));
            Assert.That(test.Read<int>(result, expected.Length), Is.EqualTo(expected), $"seed {seed}");
        }
    }

    [TestCase("CLUSTER_SYNC(); LD_BLOCK(value, other);", "has ended")]
    [TestCase("CLUSTER_SYNC(); ST_BLOCK(other, 1);", "has ended")]
    [TestCase("CLUSTER_SYNC(); value = *generic;", "has ended")]
    [TestCase("CLUSTER_SYNC(); atomicAdd(generic, 1);", "has ended")]
    [TestCase("CLUSTER_SYNC(); if (i == 0) MBAR_ARRIVE_BLOCK(there);", "has ended")]
    [TestCase("CLUSTER_SYNC(); ST_ASYNC(other, 1, there);", "has ended")]
    [TestCase("CLUSTER_SYNC(); if (i == 0) COPY_TO_BLOCK(other, tile, 128, there);", "has ended")]
    [TestCase("LD_BLOCK(value, other);", "ended|begun")]
    public void Launch_OfAccessToABlockThatEndedIsFound(string access, string problem)
    {
        string kernel = $$"""
            extern "C" __global__ void test(int* out, const int* in) {
              __shared__ __align__(16) int tile[32];
              __shared__ u64 bar;
              int i = threadIdx.x, rank, value = 0;
              unsigned other, there;
              int* generic;
              RANK(rank);
              if (rank == 15) return;
              tile[i] = in[i];
              if (i == 0) MBAR_INIT(&bar, 1);
              FENCE_ASYNC();
              MAP(other, tile + i, 15);
              MAP(there, &bar, 15);
              asm volatile("mapa.u64 %0, %1, %2;" : "=l"(generic) : "l"(tile + i), "r"(15));
              {{access}}
              CLUSTER_SYNC();
              out[blockIdx.x * 32 + i] = value;
            }
            """;

        for (int seed = 1; seed <= Seeds; seed++)
        {
            using SimulatedKernel test = Prepare(kernel, seed);
            nint result = test.Buffer<int>(new int[Blocks * 32]);
            nint input = test.Buffer<int>(new int[32]);

            GpuFaultException fault = Assert.Throws<GpuFaultException>(() => test.Launch(Shape(1, 32), result, input))!;

            Assert.That(fault.Kind, Is.EqualTo("absent-block"), $"seed {seed}");
            Assert.That(fault.Message, Does.Contain("shared memory of block 15 of the cluster").And.Match(problem), $"seed {seed}");
        }
    }

    [Test]
    public void Launch_OfAccessToABlockThatEndedIsFoundWithoutChecks()
    {
        const string kernel = """
            extern "C" __global__ void test(int* out, const int* in) {
              __shared__ int tile[32];
              int i = threadIdx.x, rank, value;
              unsigned other;
              RANK(rank);
              if (rank == 15) return;
              MAP(other, tile + i, 15);
              CLUSTER_SYNC();
              LD_BLOCK(value, other);
              out[blockIdx.x * 32 + i] = value;
            }
            """;
        using SimulatedKernel test = Prepare(kernel, seed: 1, checks: false);
        nint result = test.Buffer<int>(new int[Blocks * 32]);

        GpuFaultException fault = Assert.Throws<GpuFaultException>(() => test.Launch(Shape(1, 32), result, result))!;

        Assert.That(fault.Kind, Is.EqualTo("absent-block"));
    }

    // A group of multiprocessors has 16 or, two of the eight, 18; a block beside another one needs half of the memory or of the threads.
    [TestCase(1, 128, 200, 132)]
    [TestCase(2, 128, 200, (6 * 8) + (2 * 9))]
    [TestCase(4, 128, 200, 8 * 4)]
    [TestCase(8, 128, 200, 16)]
    [TestCase(9, 128, 200, 6 + (2 * 2))]
    [TestCase(16, 128, 200, 8)]
    [TestCase(16, 128, 113, 16)]
    [TestCase(16, 128, 114, 8)]
    [TestCase(16, 1024, 0, 16)]
    [TestCase(16, 1000, 0, 16)]
    [TestCase(4, 1, 0, ((6 * 16) + (2 * 18)) * 32 / 4)]
    public void CountResidentClusters_OfHopperFillsGroupsOfMultiprocessors(int blocks, int threads, int sharedKilobytes, int expected)
    {
        using SimulatedKernel test = Prepare("""extern "C" __global__ void test(int* out) { *out = 1; }""", seed: 1);
        test.Driver.AllowSharedBytes(test.Function, 227 * 1024);
        LaunchShape shape = LaunchShape.Linear(2 * blocks, threads, sharedKilobytes * 1024) with { Cluster = (blocks, 1, 1) };

        Assert.That(test.Driver.CountResidentClusters(test.Function, shape), Is.EqualTo(expected));
    }

    [Test]
    public void CountResidentClusters_TakesTheKernelsOwnClustersAndSharedMemory()
    {
        const string kernel = """
            extern "C" __cluster_dims__(8, 1, 1) __global__ void test(int* out) {
              __shared__ int tile[40 * 256];
              tile[threadIdx.x] = *out;
              __syncthreads();
              *out = tile[127 - threadIdx.x];
            }
            """;
        using SimulatedKernel test = Prepare(kernel, seed: 1);

        // 41 of 228 KiB: five blocks a multiprocessor.
        Assert.That(test.Driver.CountResidentClusters(test.Function, LaunchShape.Linear(8, 128)), Is.EqualTo((6 * (16 * 5 / 8)) + (2 * (18 * 5 / 8))));
    }

    [Test]
    public void CountResidentClusters_OfClustersThatAreNotAllowedIsRefused()
    {
        using SimulatedKernel test = new("""extern "C" __global__ void test(int* out) { *out = 1; }""", new PtxSimulatorOptions { Architecture = HopperCode.Architecture });

        CudaException refused = Assert.Throws<CudaException>(() => test.Driver.CountResidentClusters(test.Function, Shape(1, 32)))!;

        Assert.That(refused.StatusName, Is.EqualTo("CUDA_ERROR_INVALID_CLUSTER_SIZE"));
        Assert.That(refused.Call, Is.EqualTo("CountResidentClusters"));
        Assert.That(refused.Message, Does.Contain("see AllowLargeClusters"));
    }

    [Test]
    public void Clusters_OnAmpereAreRefused()
    {
        using SimulatedKernel test = new("""extern "C" __global__ void test(int* out) { *out = 1; }""");

        Assert.That(() => test.Driver.AllowLargeClusters(test.Function), Throws.TypeOf<NotSupportedException>().With.Message.Contains("compute_80"));
        Assert.That(() => test.Driver.CountResidentClusters(test.Function, LaunchShape.Linear(1, 32)), Throws.TypeOf<NotSupportedException>());
    }
}
