using System.Linq;
using NUnit.Framework;
using Winnow.Gpu;
using Winnow.Simulator.Tests.Faults;

namespace Winnow.Simulator.Tests.Execution;

/// <summary>Copies that come to several blocks of a cluster.</summary>
public sealed class MulticastTests
{
    private const int Seeds = 10;
    private const string Code = HopperCode.Mbarriers + HopperCode.Copies + HopperCode.Clusters + HopperCode.Tensors;

    /// <summary>Each of four blocks brings a quarter of each tile to all, into a stage that all have left.</summary>
    private const string Quarters = Code + """
        extern "C" __cluster_dims__(4, 1, 1) __global__ void test(int* out, const int* in) {
          __shared__ __align__(16) int tile[4][32];
          __shared__ u64 full, empty;
          int i = threadIdx.x, rank, sum = 0;
          RANK(rank);
          if (i == 0) { MBAR_INIT(&full, 1); MBAR_INIT(&empty, 4); FENCE_INIT(); }
          CLUSTER_ARRIVE_RELAXED();
          CLUSTER_WAIT();
          for (int j = 0; j < 3; j++) {
            if (i == 0) {
              MBAR_EXPECT(&full, 512);
              if (j > 0) MBAR_WAIT_CLUSTER(&empty, (j & 1) ^ 1);
              BULK_MULTICAST(tile[rank], in + (j * 4 + rank) * 32, 128, &full, 15);
            }
            __syncwarp();
            MBAR_WAIT_CLUSTER(&full, j & 1);
            for (int k = 0; k < 4; k++) sum = sum * 3 + tile[k][31 - i];
            __syncwarp();
            if (i < 4) { unsigned there; MAP(there, &empty, i); MBAR_ARRIVE_BLOCK(there); }
          }
          MBAR_WAIT_CLUSTER(&empty, 0);
          out[blockIdx.x * 32 + i] = sum;
        }
        """;

    private static PtxSimulatorOptions Options(int seed) => new() { Architecture = HopperCode.Architecture, Seed = seed, Profiles = true };

    [Test]
    public void Launch_OfQuartersToAllBlocksGivesEachTheWhole()
    {
        int[] input = [.. Enumerable.Range(0, 3 * 128).Select(i => i * 37 % 101)];
        int[] expected = [.. Enumerable.Range(0, 256).Select(i => Enumerable.Range(0, 12).Aggregate(0, (sum, row) => (sum * 3) + input[(row * 32) + 31 - (i % 32)]))];
        for (int seed = 1; seed <= Seeds; seed++)
        {
            using SimulatedKernel test = new(Quarters, Options(seed));
            nint result = test.Buffer(256 * sizeof(int));

            test.Launch(LaunchShape.Linear(8, 32), result, test.Buffer<int>(input));

            Assert.That(test.Read<int>(result, 256), Is.EqualTo(expected), $"seed {seed}");
            Assert.That(test.Driver.TakeProfiles()[0].BulkBytes, Is.EqualTo(2 * 3 * 512), "what comes from memory, once for all blocks");
        }
    }

    [Test]
    public void Launch_OfBoxToSomeBlocksLeavesOthersAlone()
    {
        const string kernel = Code + """
            extern "C" __cluster_dims__(2, 2, 1) __global__ void test(int* out, const __grid_constant__ Map map) {
              __shared__ __align__(128) int tile[32];
              __shared__ u64 bar;
              int i = threadIdx.x, rank;
              RANK(rank);
              tile[i] = -1;
              if (i == 0) { MBAR_INIT(&bar, 1); MBAR_EXPECT(&bar, rank % 2 * 128); FENCE_INIT(); }
              FENCE_ASYNC();
              CLUSTER_SYNC();
              if (rank == 2 && i == 0) TENSOR_MULTICAST(tile, map, 4, 1, &bar, 10);
              MBAR_WAIT_CLUSTER(&bar, 0);
              out[rank * 32 + i] = tile[i];
            }
            """;
        using SimulatedKernel test = new(kernel, Options(3));
        nint result = test.Buffer(128 * sizeof(int));
        byte[] map = test.Map(new TensorMapShape
        {
            Address = test.Buffer<int>([.. Enumerable.Range(0, 160)]),
            Type = TensorMapType.Int32,
            Dimensions = [16, 10],
            Strides = [64],
            Box = [8, 4],
            Swizzle = TensorMapSwizzle.None,
        });

        test.Launch(new LaunchShape(2, 2, 1, 32), result, map);

        Assert.That(test.Read<int>(result, 128), Is.EqualTo(Enumerable.Range(0, 128).Select(i => i / 32 % 2 == 0 ? -1 : ((1 + (i % 32 / 8)) * 16) + 4 + (i % 8))));
    }
}
