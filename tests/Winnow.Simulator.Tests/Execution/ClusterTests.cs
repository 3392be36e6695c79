using System.Linq;
using NUnit.Framework;
using Winnow.Gpu;
using Winnow.Simulator.Tests.Faults;

namespace Winnow.Simulator.Tests.Execution;

/// <summary>Clusters: who is where, and what blocks do in each other's shared memory.</summary>
public sealed class ClusterTests
{
    private const int Seeds = 10;
    private const string Code = HopperCode.Mbarriers + HopperCode.Copies + HopperCode.Clusters;

    private static int[] Run(string kernel, LaunchShape shape, int seed, int count, int[] input)
    {
        using SimulatedKernel test = new(Code + kernel, new PtxSimulatorOptions { Architecture = HopperCode.Architecture, Seed = seed });
        nint result = test.Buffer<int>(new int[count]);
        test.Launch(shape, result, test.Buffer<int>(input));
        return test.Read<int>(result, count);
    }

    [Test]
    public void Launch_OfClustersTellsEachBlockWhereItIs()
    {
        const string kernel = """
            #define SET(k, name) asm volatile("mov.u32 %0, %%" name ";" : "=r"(o[k]))
            extern "C" __cluster_dims__(2, 3, 1) __global__ void test(int* out, const int* in) {
              int* o = out + 15 * (blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z));
              SET(0, "cluster_ctaid.x"); SET(1, "cluster_ctaid.y"); SET(2, "cluster_ctaid.z"); SET(3, "cluster_ctarank");
              SET(4, "cluster_nctaid.x"); SET(5, "cluster_nctaid.y"); SET(6, "cluster_nctaid.z"); SET(7, "cluster_nctarank");
              SET(8, "clusterid.x"); SET(9, "clusterid.y"); SET(10, "clusterid.z");
              SET(11, "nclusterid.x"); SET(12, "nclusterid.y"); SET(13, "nclusterid.z");
              asm volatile("{.reg .pred p; mov.pred p, %%is_explicit_cluster; selp.s32 %0, 1, 0, p;}" : "=r"(o[14]));
            }
            """;
        LaunchShape grid = new(4, 6, 2, 1);

        int[] found = Run(kernel, grid, 1, 15 * 48, [0]);

        int[] expected =
        [
            .. from z in Enumerable.Range(0, 2)
               from y in Enumerable.Range(0, 6)
               from x in Enumerable.Range(0, 4)
               from value in new[] { x % 2, y % 3, 0, (y % 3 * 2) + (x % 2), 2, 3, 1, 6, x / 2, y / 3, z, 2, 2, 2, 1 }
               select value,
        ];
        Assert.That(found, Is.EqualTo(expected));
    }

    [Test]
    public void Launch_WithoutClustersMakesEachBlockOne()
    {
        const string kernel = """
            extern "C" __global__ void test(int* out, const int* in) {
              __shared__ int tile[64];
              int i = threadIdx.x, rank, value, count, id;
              unsigned same, from;
              RANK(rank);
              MAP(same, tile + i, 0);
              tile[63 - i] = in[i];
              CLUSTER_SYNC();
              LD_BLOCK(value, same);
              asm volatile("getctarank.shared::cluster.u32 %0, %1;" : "=r"(from) : "r"(same));
              asm volatile("mov.u32 %0, %%cluster_nctarank;" : "=r"(count));
              asm volatile("mov.u32 %0, %%clusterid.x;" : "=r"(id));
              asm volatile("{.reg .pred p; mov.pred p, %%is_explicit_cluster; @p add.s32 %0, %0, 1000;}" : "+r"(value));
              out[blockIdx.x * 64 + i] = value + 1000 * (rank + from + count - 1 + id - blockIdx.x);
            }
            """;
        int[] input = [.. Enumerable.Range(5, 64)];

        int[] found = Run(kernel, LaunchShape.Linear(3, 64), 1, 192, input);

        Assert.That(found, Is.EqualTo(Enumerable.Range(0, 192).Select(i => input[63 - (i % 64)])));
    }

    [Test]
    public void Launch_OfHistogramInSharedMemoryOfFourBlocksCountsAll()
    {
        const string kernel = """
            extern "C" __cluster_dims__(4, 1, 1) __global__ void test(int* out, const int* in) {
              __shared__ int bins[16];
              int i = threadIdx.x, rank;
              RANK(rank);
              if (i < 16) bins[i] = 0;
              CLUSTER_SYNC();
              for (int j = 0; j < 4; j++) {
                int bin = in[(blockIdx.x * 4 + j) * 96 + i];
                int* there;
                asm volatile("mapa.u64 %0, %1, %2;" : "=l"(there) : "l"(bins + bin % 16), "r"(bin / 16));
                if (j % 2) atomicAdd(there, 1);
                else asm volatile("red.relaxed.cluster.shared::cluster.add.s32 [%0], 1;" :: "r"((unsigned)(u64)there) : "memory");
              }
              CLUSTER_SYNC();
              if (i < 16) atomicAdd(out + rank * 16 + i, bins[i]);
            }
            """;
        int[] input = [.. Enumerable.Range(0, 8 * 4 * 96).Select(i => i * i % 64)];
        int[] expected = [.. Enumerable.Range(0, 64).Select(bin => input.Count(value => value == bin))];

        for (int seed = 1; seed <= Seeds; seed++)
        {
            Assert.That(Run(kernel, LaunchShape.Linear(8, 96), seed, 64, input), Is.EqualTo(expected), $"seed {seed}");
        }
    }

    [Test]
    public void Launch_ThatAsksForClustersGivesAKernelWithoutThemSome()
    {
        const string kernel = """
            extern "C" __global__ void test(int* out, const int* in) {
              __shared__ int value;
              int rank, count, other;
              unsigned there;
              RANK(rank);
              asm volatile("mov.u32 %0, %%cluster_nctarank;" : "=r"(count));
              value = in[blockIdx.x];
              CLUSTER_SYNC();
              MAP(there, &value, (rank + 1) % count);
              LD_BLOCK(other, there);
              CLUSTER_SYNC();
              out[blockIdx.x] = other;
            }
            """;
        int[] input = [.. Enumerable.Range(10, 8)];

        Assert.That(Run(kernel, LaunchShape.Linear(8, 1), 1, 8, input), Is.EqualTo(input));
        Assert.That(
            Run(kernel, LaunchShape.Linear(8, 1) with { Cluster = (4, 1, 1) }, 1, 8, input),
            Is.EqualTo(Enumerable.Range(0, 8).Select(i => input[(i / 4 * 4) + ((i + 1) % 4)])));
    }

    [Test]
    public void Launch_OfRingBetweenBlocksHandsOnWhatEachHas()
    {
        const string kernel = """
            extern "C" __cluster_dims__(8, 1, 1) __global__ void test(int* out, const int* in) {
              __shared__ int tile[2][64];
              int i = threadIdx.x, rank, sum = 0;
              unsigned next;
              RANK(rank);
              tile[0][i] = in[blockIdx.x * 64 + i];
              CLUSTER_SYNC();
              for (int j = 0; j < 8; j++) {
                MAP(next, &tile[~j & 1][i], (rank + 1) % 8);
                int mine = tile[j & 1][63 - i];
                ST_BLOCK(next, tile[j & 1][i]);
                asm volatile("barrier.cluster.arrive.release;" ::: "memory");
                sum = sum * 3 + mine;
                asm volatile("barrier.cluster.wait;" ::: "memory");
              }
              out[blockIdx.x * 64 + i] = sum;
            }
            """;
        int[] input = [.. Enumerable.Range(0, 8 * 64).Select(i => i * 37 % 101)];
        int[] expected = [.. Enumerable.Range(0, 8 * 64).Select(i => Enumerable.Range(0, 8).Aggregate(0, (sum, j) => (sum * 3) + input[(((i / 64) + 8 - j) % 8 * 64) + 63 - (i % 64)]))];

        for (int seed = 1; seed <= Seeds; seed++)
        {
            Assert.That(Run(kernel, LaunchShape.Linear(8, 64), seed, 8 * 64, input), Is.EqualTo(expected), $"seed {seed}");
        }
    }

    [Test]
    public void Launch_OfBuiltInFunctionsOfClustersTransposesABlockedMatrix()
    {
        const string kernel = """
            extern "C" __cluster_dims__(2, 2, 1) __global__ void test(int* out, const int* in) {
              __shared__ int tile[8][8];
              int x = threadIdx.x, y = threadIdx.y;
              uint3 place = __clusterRelativeBlockIdx();
              dim3 size = __clusterDim();
              if (__clusterDimIsSpecified()) tile[y][x] = in[(blockIdx.y * 8 + y) * gridDim.x * 8 + blockIdx.x * 8 + x];
              __cluster_barrier_arrive();
              __cluster_barrier_wait();
              unsigned other = place.x * size.x + place.y;
              int* there = (int*)__cluster_map_shared_rank(&tile[x][y], other);
              int value = *there + 1000 * (__cluster_query_shared_rank(there) == other) + 10000 * __clusterRelativeBlockRank();
              __cluster_barrier_arrive_relaxed();
              __cluster_barrier_wait();
              __cluster_barrier_arrive();
              __cluster_barrier_wait();
              int column = __clusterIdx().x * 16 + place.x * 8 + x, row = __clusterIdx().y * 16 + place.y * 8 + y;
              out[row * __clusterGridDimInClusters().x * 16 + column] = value;
            }
            """;
        int[] input = [.. Enumerable.Range(0, 16 * 32)];
        int[] expected =
        [
            .. from row in Enumerable.Range(0, 16)
               from column in Enumerable.Range(0, 32)
               let there = (column / 16 * 16) + row
               select input[(column % 16 * 32) + there] + 1000 + (10000 * ((row / 8 * 2) + (column % 16 / 8))),
        ];

        for (int seed = 1; seed <= Seeds; seed++)
        {
            Assert.That(Run(kernel, new LaunchShape(4, 2, 1, 8, 8), seed, input.Length, input), Is.EqualTo(expected), $"seed {seed}");
        }
    }

    [Test]
    public void Launch_OfAddressesInOtherBlocksTellsWhatTheyAre()
    {
        const string kernel = """
            #define IS(k, space) asm volatile("{.reg .pred p; isspacep." space " p, %1; selp.s32 %0, 1, 0, p;}" : "=r"(o[k]) : "l"(there))
            extern "C" __cluster_dims__(2, 1, 1) __global__ void test(int* out, const int* in) {
              __shared__ int tile[4];
              int* o = out + blockIdx.x * 4;
              u64 there;
              asm volatile("mapa.u64 %0, %1, %2;" : "=l"(there) : "l"(tile), "r"(1));
              IS(0, "shared::cta"); IS(1, "shared::cluster"); IS(2, "global");
              asm volatile("getctarank.u64 %0, %1;" : "=r"(o[3]) : "l"(there));
            }
            """;

        Assert.That(Run(kernel, LaunchShape.Linear(2, 1), 1, 8, [0]), Is.EqualTo(new[] { 0, 1, 0, 1, 1, 1, 0, 1 }));
    }

    [Test]
    public void Launch_OfStoresAndCopiesToAnotherBlockArrivesThere()
    {
        const string kernel = """
            extern "C" __cluster_dims__(2, 1, 1) __global__ void test(int* out, const int* in) {
              __shared__ __align__(16) int from[64];
              __shared__ __align__(16) int to[2][64];
              __shared__ u64 full[2], empty;
              int i = threadIdx.x, rank, sum = 0;
              unsigned store, copy, stored, copied, free;
              RANK(rank);
              MAP(store, to[0] + i, rank ^ 1); MAP(copy, to[1], rank ^ 1);
              MAP(stored, full, rank ^ 1); MAP(copied, full + 1, rank ^ 1); MAP(free, &empty, rank ^ 1);
              if (i == 0) { MBAR_INIT(full, 1); MBAR_INIT(full + 1, 1); MBAR_INIT(&empty, 64); FENCE_INIT(); }
              CLUSTER_ARRIVE_RELAXED(); CLUSTER_WAIT();
              for (int j = 0; j < 5; j++) {
                if (j > 0) MBAR_WAIT_CLUSTER(&empty, (j & 1) ^ 1);
                from[i] = in[(blockIdx.x * 5 + j) * 64 + i];
                FENCE_ASYNC();
                __syncthreads();
                if (i == 0) { MBAR_EXPECT(full, 256); MBAR_EXPECT(full + 1, 256); COPY_TO_BLOCK(copy, from, 256, copied); }
                ST_ASYNC(store, from[i] + 7, stored);
                MBAR_WAIT_CLUSTER(full, j & 1);
                MBAR_WAIT_CLUSTER(full + 1, j & 1);
                sum = sum * 3 + to[0][63 - i] * 5 + to[1][i];
                MBAR_ARRIVE_BLOCK(free);
              }
              MBAR_WAIT_CLUSTER(&empty, 0);
              out[blockIdx.x * 64 + i] = sum;
            }
            """;
        int[] input = [.. Enumerable.Range(0, 4 * 5 * 64).Select(i => i * 37 % 101)];
        int[] expected =
        [
            .. from block in Enumerable.Range(0, 4)
               from i in Enumerable.Range(0, 64)
               let there = Enumerable.Range(0, 5).Select(j => ((block ^ 1) * 5 + j) * 64)
               select there.Aggregate(0, (sum, row) => (sum * 3) + ((input[row + 63 - i] + 7) * 5) + input[row + i]),
        ];

        for (int seed = 1; seed <= Seeds; seed++)
        {
            Assert.That(Run(kernel, LaunchShape.Linear(4, 64), seed, 4 * 64, input), Is.EqualTo(expected), $"seed {seed}");
        }
    }

    [Test]
    public void Launch_OfBlocksThatEndEarlyLetsTheBarrierGoOn()
    {
        const string kernel = """
            extern "C" __cluster_dims__(2, 1, 1) __global__ void test(int* out, const int* in) {
              int i = threadIdx.x;
              if (blockIdx.x == 1 && i < 32) return;
              CLUSTER_ARRIVE();
              if (blockIdx.x == 1 && in[i] > 2) return;
              asm volatile("barrier.cluster.wait;" ::: "memory");
              CLUSTER_SYNC();
              out[blockIdx.x * 64 + i] = 1;
            }
            """;
        int[] expected = [.. Enumerable.Range(0, 128).Select(i => i < 64 ? 1 : 0)];

        for (int seed = 1; seed <= Seeds; seed++)
        {
            Assert.That(Run(kernel, LaunchShape.Linear(2, 64), seed, 128, [.. Enumerable.Range(3, 64)]), Is.EqualTo(expected), $"seed {seed}");
        }
    }
}
