using System.Linq;
using Winnow.Gpu;

namespace Winnow.Simulator.Tests.Faults;

/// <summary>Copies to both blocks of a cluster.</summary>
internal static class MulticastFaults
{
    private static readonly FaultCase[] Kernels =
    [
        new("""
            multicast_to_a_block_that_is_not_there(int* out, int* in, int n) {
              SETUP(128)
              if (rank == 0 && i == 0) BULK_MULTICAST(tile, in, 128, &bar, FAULT ? 7 : 3);  // <- invalid-operand
              MBAR_WAIT_CLUSTER(&bar, 0);
              out[blockIdx.x * 32 + i] = tile[i];
            }
            """) { Says = "the blocks 0x7 of a cluster of 2" },
        new("""
            multicast_over_what_another_block_reads(int* out, int* in, int n) {
              SETUP(128)
              if (rank == 0 && i == 0) BULK_MULTICAST(tile, in, 128, &bar, 3);
              MBAR_WAIT_CLUSTER(&bar, 0);
              CLUSTER_SYNC();
              int value = tile[i];
              if (i == 0) MBAR_EXPECT(&bar, 128);
              if (FAULT) CLUSTER_ARRIVE_RELAXED(); else CLUSTER_ARRIVE();
              CLUSTER_WAIT();
              if (rank == 0 && i == 0) BULK_MULTICAST(tile, in + 32, 128, &bar, 3);  // <- race
              MBAR_WAIT_CLUSTER(&bar, 1);
              out[blockIdx.x * 32 + i] = value + tile[i];
            }
            """) { Says = "of block 1 of the cluster reads" },
        new("""
            multicast_over_one_that_came_to_another_block(int* out, int* in, int n) {
              SETUP(128)
              if (rank == 0 && i == 0) BULK_MULTICAST(tile, in, 128, &bar, 3);
              MBAR_WAIT_CLUSTER(&bar, 0);
              int value = tile[i];
              if (i == 0) MBAR_EXPECT(&bar, 128);
              if (FAULT) CLUSTER_ARRIVE_RELAXED(); else CLUSTER_ARRIVE();
              CLUSTER_WAIT();
              if (rank == 0 && i == 0) BULK_MULTICAST(tile, in + 32, 128, &bar, 3);  // <- missing-wait
              MBAR_WAIT_CLUSTER(&bar, 1);
              out[blockIdx.x * 32 + i] = value + tile[i];
            }
            """) { Says = "a copy wrote whose mbarrier" },
        new("""
            multicast_that_a_block_does_not_wait_for(int* out, int* in, int n) {
              SETUP(128)
              if (rank == 0 && i == 0) BULK_MULTICAST(tile, in, 128, &bar, 3);  // <- missing-wait
              if (!FAULT || rank == 0) MBAR_WAIT_CLUSTER(&bar, 0);
              out[blockIdx.x * 32 + i] = in[i];
              CLUSTER_SYNC();
            }
            """) { Says = "nobody waited" },
        new("""
            multicast_of_more_than_a_block_expects(int* out, int* in, int n) {
              SETUP(128 - FAULT * 64 * rank)
              if (rank == 0 && i == 0) BULK_MULTICAST(tile, in, 128, &bar, 3);
              MBAR_WAIT_CLUSTER(&bar, 0);  // <- deadlock
              out[blockIdx.x * 32 + i] = tile[i];
            }
            """) { Blocks = [1], Says = "-64 bytes" },
        new("""
            multicast_to_an_mbarrier_that_the_sender_does_not_know(int* out, int* in, int n) {
              __shared__ __align__(16) int tile[32];
              __shared__ u64 bar;
              int i = threadIdx.x, rank;
              RANK(rank);
              if (i == 0) { MBAR_INIT(&bar, 1); MBAR_EXPECT(&bar, 128); if (!FAULT || rank == 0) FENCE_INIT(); }
              CLUSTER_ARRIVE_RELAXED();
              CLUSTER_WAIT();
              if (rank == 0 && i == 0) BULK_MULTICAST(tile, in, 128, &bar, 3);  // <- invalid-barrier
              MBAR_WAIT_CLUSTER(&bar, 0);
              out[blockIdx.x * 32 + i] = tile[i];
            }
            """),
    ];

    private const string Head = """
        #define SETUP(bytes) __shared__ __align__(16) int tile[32]; __shared__ u64 bar; int i = threadIdx.x, rank; RANK(rank); if (i == 0) { MBAR_INIT(&bar, 1); MBAR_EXPECT(&bar, bytes); FENCE_INIT(); } CLUSTER_SYNC()
        extern "C" __cluster_dims__(2, 1, 1) __global__ void 
        """;

    public static readonly FaultCase[] Cases =
    [
        .. Kernels.Select(kernel => kernel with
        {
            Source = HopperCode.Mbarriers + HopperCode.Copies + HopperCode.Clusters + Head + kernel.Source,
            Architecture = HopperCode.Architecture,
            Shape = LaunchShape.Linear(2, 32),
        }),
    ];
}
