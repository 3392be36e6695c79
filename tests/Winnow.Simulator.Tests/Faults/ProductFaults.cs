using System.Linq;
using Winnow.Gpu;

namespace Winnow.Simulator.Tests.Faults;

/// <summary>Products of warpgroups: fences, waits, and who takes part.</summary>
internal static class ProductFaults
{
    private static readonly int[] FirstThreads = [0, 32, 64, 96];

    private static readonly FaultCase[] Kernels =
    [
        new("""
            extern "C" __global__ void product_of_what_is_not_fenced(int* out, int* in, int n) {
              SETUP(!FAULT)
              WGMMA_FENCE();
              WGMMA_SS(d, a, b);  // <- missing-fence
              WGMMA_COMMIT();
              WGMMA_WAIT(0);
              FINISH()
            }
            """),
        new("""
            extern "C" __global__ void product_of_bytes_that_are_not_fenced(int* out, int* in, int n) {
              SETUP(!FAULT)
              WGMMA_FENCE();
              WGMMA_BYTES(d, a, b);  // <- missing-fence
              WGMMA_COMMIT();
              WGMMA_WAIT(0);
              FINISH()
            }
            """),
        new("""
            extern "C" __global__ void sum_of_bytes_read_before_the_wait(int* out, int* in, int n) {
              SETUP(1)
              WGMMA_FENCE();
              WGMMA_BYTES(d, a, b);
              WGMMA_COMMIT();
              if (!FAULT) WGMMA_WAIT(0);
              if (i < 64) out[i] = __float_as_int(d[0] + d[1]);  // <- missing-wait
              WGMMA_WAIT(0);
            }
            """) { Threads = [0, 32] },
        new("""
            extern "C" __global__ void product_read_before_the_wait(int* out, int* in, int n) {
              SETUP(1)
              WGMMA_FENCE();
              WGMMA_SS(d, a, b);
              WGMMA_COMMIT();
              if (!FAULT) WGMMA_WAIT(0);
              if (i < 64) out[i] = (int)(d[0] + d[1]);  // <- missing-wait
              WGMMA_WAIT(0);
            }
            """) { Threads = [0, 32] },
        new("""
            extern "C" __global__ void product_stored_before_the_wait_for_its_group(int* out, int* in, int n) {
              SETUP(1)
              float e[4] = {};
              WGMMA_FENCE();
              WGMMA_SS(d, a, b);
              WGMMA_COMMIT();
              WGMMA_SS(e, a, b);
              WGMMA_COMMIT();
              WGMMA_WAIT(1);
              if (i < 64) out[i] = __float_as_int(FAULT ? e[0] : d[0]);  // <- missing-wait
              WGMMA_WAIT(0);
            }
            """) { Threads = [0, 32] },
        new("""
            extern "C" __global__ void product_without_a_first_fence(int* out, int* in, int n) {
              SETUP(1)
              if (!FAULT) WGMMA_FENCE();
              WGMMA_SS(d, a, b);  // <- missing-fence
              WGMMA_COMMIT();
              WGMMA_WAIT(0);
              FINISH()
            }
            """),
        new("""
            extern "C" __global__ void sum_written_without_a_fence(int* out, int* in, int n) {
              SETUP(1)
              WGMMA_FENCE();
              WGMMA_SS(d, a, b);
              WGMMA_COMMIT();
              WGMMA_WAIT(0);
              d[0] *= (float)n;
              if (!FAULT) WGMMA_FENCE();
              WGMMA_SS(d, a, b);  // <- missing-fence
              WGMMA_COMMIT();
              WGMMA_WAIT(0);
              FINISH()
            }
            """),
        new("""
            extern "C" __global__ void factor_overwritten_before_the_wait(int* out, int* in, int n) {
              SETUP(1)
              WGMMA_FENCE();
              WGMMA_SS(d, a, b);
              WGMMA_COMMIT();
              if (!FAULT) WGMMA_WAIT(0);
              __syncthreads();
              tile[i] = 1;  // <- missing-wait
              WGMMA_WAIT(0);
              FINISH()
            }
            """),
        new("""
            extern "C" __global__ void factor_in_registers_overwritten_before_the_wait(int* out, int* in, int n) {
              SETUP(1)
              #pragma unroll 1
              for (int j = 0; j < 2; j++) {
                int factor = in[j] + i;  // <- missing-wait
                WGMMA_FENCE();
                WGMMA_RS(d, factor, b);
                WGMMA_COMMIT();
                if (!FAULT) WGMMA_WAIT(0);
              }
              WGMMA_WAIT(0);
              FINISH()
            }
            """),
        new("""
            extern "C" __global__ void product_of_three_warps(int* out, int* in, int n) {
              SETUP(1)
              if (!FAULT || i < 96) {
                WGMMA_FENCE();
                WGMMA_SS(d, a, b);  // <- divergent-warp
                WGMMA_COMMIT();
                WGMMA_WAIT(0);
              }
              FINISH()
            }
            """) { Blocks = [0] },
        new("""
            extern "C" __global__ void product_of_a_part_of_the_lanes(int* out, int* in, int n) {
              SETUP(1)
              WGMMA_FENCE();
              if (!FAULT || i % 32 != 3) WGMMA_SS(d, a, b);  // <- divergent-warp
              WGMMA_COMMIT();  // <- divergent-warp
              WGMMA_WAIT(0);
              FINISH()
            }
            """) { Threads = [0, 3, 32, 35, 64, 67, 96, 99] },
        new("""
            extern "C" __global__ void descriptors_of_two_warps(int* out, int* in, int n) {
              SETUP(1)
              WGMMA_FENCE();
              WGMMA_SS(d, a + (FAULT ? i / 64 : 0), b);  // <- divergent-warp
              WGMMA_COMMIT();
              WGMMA_WAIT(0);
              FINISH()
            }
            """),
        new("""
            extern "C" __global__ void descriptor_of_one_lane(int* out, int* in, int n) {
              SETUP(1)
              WGMMA_FENCE();
              WGMMA_SS(d, a, b + (FAULT && i % 32 == 7));  // <- invalid-operand
              WGMMA_COMMIT();
              WGMMA_WAIT(0);
              FINISH()
            }
            """) { Threads = [7, 39, 71, 103] },
        new("""
            extern "C" __global__ void factor_beyond_the_end(int* out, int* in, int n) {
              SETUP(1)
              WGMMA_FENCE();
              WGMMA_SS(d, a, b + FAULT);  // <- out-of-bounds
              WGMMA_COMMIT();
              WGMMA_WAIT(0);
              FINISH()
            }
            """),
        new("""
            extern "C" __global__ void factor_that_is_on_its_way(int* out, int* in, int n) {
              SETUP(1)
              if (i == 0) { FENCE_ASYNC(); MBAR_EXPECT(&bar, 256); BULK_LOAD(tile + 512, in, 256, &bar); }
              __syncthreads();
              if (!FAULT) MBAR_WAIT(&bar, 0);
              WGMMA_FENCE();
              WGMMA_SS(d, a, b);  // <- missing-wait
              WGMMA_COMMIT();
              WGMMA_WAIT(0);
              FINISH()
            }
            """),
        new("""
            extern "C" __global__ void product_of_what_threads_copied(int* out, int* in, int n) {
              SETUP(1)
              asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" :: "r"(SH(tile + 4 * i)), "l"(in + i % 64) : "memory");
              asm volatile("cp.async.wait_all;" ::: "memory");
              if (!FAULT) FENCE_ASYNC();
              __syncthreads();
              WGMMA_FENCE();
              WGMMA_SS(d, a, b);  // <- missing-fence
              WGMMA_COMMIT();
              WGMMA_WAIT(0);
              FINISH()
            }
            """),
        new("""
            extern "C" __global__ void product_of_copies_that_an_mbarrier_waited_for(int* out, int* in, int n) {
              SETUP(1)
              __shared__ u64 copied;
              if (i == 0) MBAR_INIT(&copied, 128);
              __syncthreads();
              asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" :: "r"(SH(tile + 4 * i)), "l"(in + i % 64) : "memory");
              asm volatile("cp.async.mbarrier.arrive.noinc.shared.b64 [%0];" :: "r"(SH(&copied)) : "memory");
              MBAR_WAIT(&copied, 0);
              if (!FAULT) FENCE_ASYNC();
              WGMMA_FENCE();
              WGMMA_SS(d, a, b);  // <- missing-fence
              WGMMA_COMMIT();
              WGMMA_WAIT(0);
              FINISH()
            }
            """),
        new("""
            extern "C" __global__ void bulk_load_over_a_factor(int* out, int* in, int n) {
              SETUP(1)
              WGMMA_FENCE();
              WGMMA_SS(d, a, b);
              WGMMA_COMMIT();
              if (!FAULT) WGMMA_WAIT(0);
              __syncthreads();
              if (i == 0) {
                MBAR_EXPECT(&bar, 256);
                BULK_LOAD(tile, in, 256, &bar);  // <- missing-wait
              }
              MBAR_WAIT(&bar, 0);
              WGMMA_WAIT(0);
              FINISH()
            }
            """) { Blocks = [0] },
    ];

    /// <summary>A factor of 64 rows and one of 8, both of 16 columns, and an mbarrier; all threads have sums and descriptors.</summary>
    private const string Frame = """
        #define SETUP(fenced) \
          __shared__ u64 bar; \
          __shared__ __align__(16) int tile[576]; \
          int i = threadIdx.x; \
          for (int j = i; j < 576; j += 128) tile[j] = in[j % 64]; \
          if (i == 0) { MBAR_INIT(&bar, 1); FENCE_INIT(); } \
          if (fenced) FENCE_ASYNC(); \
          __syncthreads(); \
          float d[4] = {}; \
          u64 a = DESC(tile, 64), b = DESC(tile + 512, 8);
        #define FINISH() if (i < 64) out[i] = (int)(d[0] + d[1] + d[2] + d[3]);

        """;

    public static readonly FaultCase[] Cases =
    [
        .. Kernels.Select(kernel => kernel with
        {
            Source = HopperCode.Mbarriers + HopperCode.Copies + HopperCode.Products + Frame + kernel.Source,
            Architecture = HopperCode.Architecture,
            Shape = LaunchShape.Linear(1, 128),
            Threads = kernel.Threads.SequenceEqual([0]) && kernel.Kernel is not ("product_of_three_warps" or "bulk_load_over_a_factor") ? FirstThreads : kernel.Threads,
        }),
    ];
}
