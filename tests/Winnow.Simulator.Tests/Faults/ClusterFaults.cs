using System.Linq;
using Winnow.Gpu;

namespace Winnow.Simulator.Tests.Faults;

/// <summary>Clusters of two blocks and their shared memory.</summary>
internal static class ClusterFaults
{
    private const string Head = """extern "C" __cluster_dims__(2, 1, 1) __global__ void """;

    private static readonly FaultCase[] Kernels =
    [
        new("""
            read_of_another_block_without_a_barrier(int* out, int* in, int n) {
              __shared__ int tile[32];
              int i = threadIdx.x, rank, value;
              unsigned other;
              RANK(rank);
              MAP(other, tile + i, rank ^ 1);
              tile[i] = 0;
              CLUSTER_SYNC();
              tile[i] = in[i];  // <- race
              if (!FAULT) CLUSTER_SYNC();
              LD_BLOCK(value, other);  // <- race
              CLUSTER_SYNC();
              out[blockIdx.x * 32 + i] = value;
            }
            """) { Blocks = [0, 1] },
        new("""
            write_to_what_another_block_reads(int* out, int* in, int n) {
              __shared__ int tile[32];
              int i = threadIdx.x, rank, value;
              unsigned other;
              RANK(rank);
              MAP(other, tile + i, rank ^ 1);
              tile[i] = in[i];
              CLUSTER_SYNC();
              LD_BLOCK(value, other);  // <- race
              if (!FAULT) CLUSTER_SYNC();
              tile[i] = value;  // <- race
              CLUSTER_SYNC();
              out[blockIdx.x * 32 + i] = tile[i];
            }
            """) { Blocks = [0, 1] },
        new("""
            barrier_that_orders_no_memory(int* out, int* in, int n) {
              __shared__ int tile[32];
              int i = threadIdx.x, rank, value;
              unsigned other;
              RANK(rank);
              MAP(other, tile + i, rank ^ 1);
              tile[i] = in[i];
              if (FAULT) CLUSTER_ARRIVE_RELAXED(); else CLUSTER_ARRIVE();
              CLUSTER_WAIT();
              LD_BLOCK(value, other);  // <- race
              CLUSTER_SYNC();
              out[blockIdx.x * 32 + i] = value;
            }
            """) { Blocks = [0, 1] },
        new("""
            block_that_may_not_have_begun(int* out, int* in, int n) {
              __shared__ int tile[32];
              int i = threadIdx.x, rank;
              unsigned other;
              RANK(rank);
              MAP(other, tile + i, rank ^ 1);
              if (!FAULT) CLUSTER_SYNC();
              ST_BLOCK(other, in[i]);  // <- absent-block
              CLUSTER_SYNC();
              out[blockIdx.x * 32 + i] = tile[i];
            }
            """) { Blocks = [0, 1], Says = "may not have begun" },
        new("""
            block_that_may_have_ended(int* out, int* in, int n) {
              __shared__ int tile[32];
              int i = threadIdx.x, rank, value;
              unsigned other;
              RANK(rank);
              MAP(other, tile + i, rank ^ 1);
              tile[i] = in[i];
              CLUSTER_SYNC();
              LD_BLOCK(value, other);  // <- absent-block
              out[blockIdx.x * 32 + i] = value;
              if (!FAULT) CLUSTER_SYNC();
            }
            """) { Blocks = [0, 1], Says = "ended" },
        new("""
            instruction_for_the_own_block(int* out, int* in, int n) {
              __shared__ int tile[32];
              int i = threadIdx.x, rank, value;
              unsigned other;
              RANK(rank);
              MAP(other, tile + i, FAULT ? rank ^ 1 : rank);
              tile[i] = in[i];
              CLUSTER_SYNC();
              asm volatile("ld.shared::cta.s32 %0, [%1];" : "=r"(value) : "r"(other) : "memory");  // <- out-of-bounds
              CLUSTER_SYNC();
              out[blockIdx.x * 32 + i] = value;
            }
            """) { Blocks = [0, 1], Says = "of the cluster by an instruction for the block's own" },
        new("""
            rank_that_no_block_has(int* out, int* in, int n) {
              __shared__ int tile[32];
              int i = threadIdx.x;
              unsigned other;
              MAP(other, tile + i, FAULT + (i == 3));  // <- invalid-operand
              out[blockIdx.x * 32 + i] = in[i] + (other == 0);
            }
            """) { Blocks = [0, 1], Threads = [3] },
        new("""
            cluster_barrier_twice_without_a_wait(int* out, int* in, int n) {
              int i = threadIdx.x;
              CLUSTER_ARRIVE();
              if (FAULT) CLUSTER_ARRIVE();  // <- mismatched-barrier
              CLUSTER_WAIT();
              out[blockIdx.x * 32 + i] = in[i];
            }
            """) { Blocks = [0, 1] },
        new("""
            cluster_barrier_without_an_arrival(int* out, int* in, int n) {
              int i = threadIdx.x;
              if (!FAULT) CLUSTER_ARRIVE();
              CLUSTER_WAIT();  // <- mismatched-barrier
              out[blockIdx.x * 32 + i] = in[i];
            }
            """) { Blocks = [0, 1] },
        new("""
            cluster_barrier_that_a_part_of_a_warp_comes_to(int* out, int* in, int n) {
              int i = threadIdx.x;
              if (!FAULT || i != 7) CLUSTER_ARRIVE();  // <- divergent-barrier
              CLUSTER_WAIT();  // <- divergent-barrier
              out[blockIdx.x * 32 + i] = in[i];
            }
            """) { Blocks = [0, 1], Threads = [0, 7] },
        new("""
            cluster_barrier_that_waits_for_one_who_waits(int* out, int* in, int n) {
              __shared__ u64 bar;
              int i = threadIdx.x, rank;
              RANK(rank);
              if (i == 0) MBAR_INIT(&bar, 1);
              __syncthreads();
              if (!FAULT && i == 0) MBAR_ARRIVE(&bar);
              if (rank == 0) MBAR_WAIT(&bar, 0);  // <- deadlock
              CLUSTER_SYNC();
              out[blockIdx.x * 32 + i] = in[i];
            }
            """),
        new("""
            mbarrier_of_another_block_that_it_does_not_know(int* out, int* in, int n) {
              __shared__ u64 bar;
              int i = threadIdx.x, rank;
              unsigned other;
              RANK(rank);
              MAP(other, &bar, rank ^ 1);
              if (i == 0) MBAR_INIT(&bar, 1);
              if (!FAULT && i == 0) FENCE_INIT();
              CLUSTER_ARRIVE_RELAXED();
              CLUSTER_WAIT();
              if (i == 0) MBAR_ARRIVE_BLOCK(other);  // <- invalid-barrier
              MBAR_WAIT_CLUSTER(&bar, 0);
              out[blockIdx.x * 32 + i] = in[i];
            }
            """) { Blocks = [0, 1] },
        new("""
            arrival_that_the_other_block_does_not_wait_for(int* out, int* in, int n) {
              __shared__ u64 bar;
              int i = threadIdx.x, rank;
              unsigned other;
              RANK(rank);
              MAP(other, &bar, rank ^ 1);
              if (i == 0) MBAR_INIT(&bar, 1);
              CLUSTER_SYNC();
              if (i == 0) MBAR_ARRIVE_BLOCK(other);  // <- absent-block
              if (!FAULT) MBAR_WAIT_CLUSTER(&bar, 0);
              out[blockIdx.x * 32 + i] = in[i];
            }
            """) { Blocks = [0, 1] },
        new("""
            read_before_stores_came(int* out, int* in, int n) {
              __shared__ u64 bar;
              __shared__ int tile[32];
              int i = threadIdx.x, rank;
              unsigned other, there;
              RANK(rank);
              MAP(other, tile + i, rank ^ 1);
              MAP(there, &bar, rank ^ 1);
              if (i == 0) { MBAR_INIT(&bar, 1); MBAR_EXPECT(&bar, 128); }
              CLUSTER_SYNC();
              ST_ASYNC(other, in[i], there);
              if (FAULT) CLUSTER_SYNC() else MBAR_WAIT_CLUSTER(&bar, 0);
              out[blockIdx.x * 32 + i] = tile[i];  // <- missing-wait
            }
            """) { Blocks = [0, 1] },
        new("""
            stores_whose_mbarrier_is_elsewhere(int* out, int* in, int n) {
              __shared__ u64 bar;
              __shared__ int tile[32];
              int i = threadIdx.x, rank;
              unsigned other, there;
              RANK(rank);
              MAP(other, tile + i, rank ^ 1);
              MAP(there, &bar, rank ^ 1 ^ FAULT);
              if (i == 0) { MBAR_INIT(&bar, 1); MBAR_EXPECT(&bar, 128); }
              CLUSTER_SYNC();
              ST_ASYNC(other, in[i], there);  // <- invalid-operand
              MBAR_WAIT_CLUSTER(&bar, 0);
              out[blockIdx.x * 32 + i] = tile[i];
            }
            """) { Blocks = [0, 1] },
        new("""
            write_to_what_is_copied_to_another_block(int* out, int* in, int n) {
              __shared__ __align__(16) int from[32];
              __shared__ __align__(16) int to[32];
              __shared__ u64 bar;
              int i = threadIdx.x, rank;
              unsigned other, there;
              RANK(rank);
              MAP(other, to, rank ^ 1);
              MAP(there, &bar, rank ^ 1);
              from[i] = in[i];
              if (i == 0) { MBAR_INIT(&bar, 1); MBAR_EXPECT(&bar, 128); FENCE_INIT(); }
              FENCE_ASYNC();
              CLUSTER_SYNC();
              if (i == 0) COPY_TO_BLOCK(other, from, 128, there);
              MBAR_WAIT_CLUSTER(&bar, 0);
              if (!FAULT) CLUSTER_SYNC();
              from[i] = 0;  // <- missing-wait
              out[blockIdx.x * 32 + i] = to[i] + from[i];
              CLUSTER_SYNC();
            }
            """) { Blocks = [0, 1] },
        new("""
            copy_to_another_block_of_what_is_not_fenced(int* out, int* in, int n) {
              __shared__ __align__(16) int from[32];
              __shared__ __align__(16) int to[32];
              __shared__ u64 bar;
              int i = threadIdx.x, rank;
              unsigned other, there;
              RANK(rank);
              MAP(other, to, rank ^ 1);
              MAP(there, &bar, rank ^ 1);
              from[i] = in[i];
              if (i == 0) { MBAR_INIT(&bar, 1); MBAR_EXPECT(&bar, 128); FENCE_INIT(); }
              if (!FAULT) FENCE_ASYNC();
              CLUSTER_SYNC();
              if (i == 0) COPY_TO_BLOCK(other, from, 128, there);  // <- missing-fence
              MBAR_WAIT_CLUSTER(&bar, 0);
              out[blockIdx.x * 32 + i] = to[i];
              CLUSTER_SYNC();
            }
            """) { Blocks = [0, 1] },
        new("""
            block_that_ends_before_what_it_sent_was_read(int* out, int* in, int n) {
              __shared__ __align__(16) int from[32];
              __shared__ __align__(16) int to[32];
              __shared__ u64 bar;
              int i = threadIdx.x, rank;
              unsigned other, there;
              RANK(rank);
              MAP(other, to, rank ^ 1);
              MAP(there, &bar, rank ^ 1);
              from[i] = in[i];
              if (i == 0) { MBAR_INIT(&bar, 1); MBAR_EXPECT(&bar, 128); FENCE_INIT(); }
              FENCE_ASYNC();
              CLUSTER_SYNC();
              if (i == 0) COPY_TO_BLOCK(other, from, 128, there);  // <- absent-block
              MBAR_WAIT_CLUSTER(&bar, 0);
              out[blockIdx.x * 32 + i] = to[i];
              if (!FAULT) CLUSTER_SYNC();
            }
            """) { Blocks = [0, 1] },
    ];

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
