using System.Linq;
using Winnow.Gpu;

namespace Winnow.Simulator.Tests.Faults;

/// <summary>Bulk copies, their fences and waits; registers that warps give away.</summary>
internal static class BulkFaults
{
    private static readonly FaultCase[] Kernels =
    [
        new("""
            extern "C" __global__ void bulk_load_that_nobody_waits_for(int* out, int* in, int n) {
              __shared__ __align__(16) int tile[32];
              __shared__ u64 bar;
              int i = threadIdx.x;
              if (i == 0) { MBAR_INIT(&bar, 1); FENCE_INIT(); MBAR_EXPECT(&bar, 128); BULK_LOAD(tile, in, 128, &bar); }
              __syncthreads();
              if (!FAULT) MBAR_WAIT(&bar, 0);
              out[i] = tile[i];  // <- missing-wait
            }
            """),
        new("""
            extern "C" __global__ void bulk_load_that_one_warp_waits_for(int* out, int* in, int n) {
              __shared__ __align__(16) int tile[32];
              __shared__ u64 bar;
              int i = threadIdx.x;
              if (i == 0) { MBAR_INIT(&bar, 1); FENCE_INIT(); MBAR_EXPECT(&bar, 128); BULK_LOAD(tile, in, 128, &bar); }
              __syncthreads();
              if (!FAULT || i < 32) MBAR_WAIT(&bar, 0);
              out[i] = tile[i % 32];  // <- missing-wait
            }
            """) { Shape = LaunchShape.Linear(1, 64), Threads = [32] },
        new("""
            extern "C" __global__ void bulk_load_at_the_end(int* out, int* in, int n) {
              __shared__ __align__(16) int tile[32];
              __shared__ u64 bar;
              int i = threadIdx.x;
              if (i == 0) {
                MBAR_INIT(&bar, 1);
                FENCE_INIT();
                MBAR_EXPECT(&bar, 128);
                BULK_LOAD(tile, in, 128, &bar);  // <- missing-wait
                if (!FAULT) MBAR_WAIT(&bar, 0);
              }
              out[i] = in[i];
            }
            """),
        new("""
            extern "C" __global__ void mbarrier_made_without_a_fence(int* out, int* in, int n) {
              __shared__ __align__(16) int tile[32];
              __shared__ u64 bar;
              int i = threadIdx.x;
              if (i == 0) {
                MBAR_INIT(&bar, 1);
                if (!FAULT) FENCE_INIT();
                MBAR_EXPECT(&bar, 128);
                BULK_LOAD(tile, in, 128, &bar);  // <- missing-fence
              }
              __syncthreads();
              MBAR_WAIT(&bar, 0);
              out[i] = tile[i];
            }
            """),
        new("""
            extern "C" __global__ void bulk_store_without_a_fence(int* out, int* in, int n) {
              __shared__ __align__(16) int tile[64];
              int i = threadIdx.x;
              tile[i] = in[i];
              if (!FAULT) FENCE_ASYNC();
              __syncthreads();
              if (i == 0) {
                BULK_STORE(out, tile, 256);  // <- missing-fence
                BULK_COMMIT();
                BULK_WAIT(0);
              }
            }
            """) { Shape = LaunchShape.Linear(1, 64) },
        new("""
            extern "C" __global__ void bulk_store_that_is_overwritten(int* out, int* in, int n) {
              __shared__ __align__(16) int tile[32];
              int i = threadIdx.x;
              tile[i] = in[i];
              FENCE_ASYNC();
              __syncthreads();
              if (i == 0) {
                BULK_STORE(out, tile, 128);
                BULK_COMMIT();
                if (!FAULT) BULK_WAIT_READ(0);
              }
              __syncthreads();
              tile[i] = 7;  // <- missing-wait
              if (FAULT && i == 0) BULK_WAIT_READ(0);
            }
            """),
        new("""
            extern "C" __global__ void bulk_store_at_the_end(int* out, int* in, int n) {
              __shared__ __align__(16) int tile[32];
              int i = threadIdx.x;
              tile[i] = in[i];
              FENCE_ASYNC();
              __syncthreads();
              if (i == 0) {
                BULK_STORE(out, tile, 128);  // <- missing-wait
                BULK_COMMIT();
                if (!FAULT) BULK_WAIT_READ(0);
              }
            }
            """),
        new("""
            extern "C" __global__ void bulk_load_of_an_odd_size(int* out, int* in, int n) {
              __shared__ __align__(16) int tile[32];
              __shared__ u64 bar;
              int i = threadIdx.x;
              if (i == 0) {
                MBAR_INIT(&bar, 1);
                FENCE_INIT();
                MBAR_EXPECT(&bar, 112);
                BULK_LOAD(tile, in, FAULT ? 120 : 112, &bar);  // <- invalid-operand
                MBAR_WAIT(&bar, 0);
              }
              out[i] = in[i];
            }
            """),
        new("""
            extern "C" __global__ void bulk_load_beyond_the_end(int* out, int* in, int n) {
              __shared__ __align__(16) int tile[96];
              __shared__ u64 bar;
              int i = threadIdx.x;
              if (i == 0) {
                MBAR_INIT(&bar, 1);
                FENCE_INIT();
                MBAR_EXPECT(&bar, 256);
                BULK_LOAD(tile, in, 256 + 16 * FAULT, &bar);  // <- out-of-bounds
                MBAR_WAIT(&bar, 0);
              }
              out[i] = in[i];
            }
            """),
        new("""
            extern "C" __global__ void bulk_load_of_what_nothing_wrote(int* out, int* in, int n) {
              __shared__ __align__(16) int tile[32];
              __shared__ u64 bar;
              int i = threadIdx.x;
              if (i == 0) {
                MBAR_INIT(&bar, 1);
                FENCE_INIT();
                MBAR_EXPECT(&bar, 128);
                BULK_LOAD(tile, FAULT ? out : in, 128, &bar);  // <- uninitialized
                MBAR_WAIT(&bar, 0);
              }
              out[i] = in[i];
            }
            """),
        new("""
            extern "C" __global__ void bulk_load_to_an_odd_place(int* out, int* in, int n) {
              __shared__ __align__(16) int tile[40];
              __shared__ u64 bar;
              int i = threadIdx.x;
              if (i == 0) {
                MBAR_INIT(&bar, 1);
                FENCE_INIT();
                MBAR_EXPECT(&bar, 128);
                BULK_LOAD(tile + FAULT, in, 128, &bar);  // <- misaligned
                MBAR_WAIT(&bar, 0);
              }
              out[i] = in[i];
            }
            """),
        new("""
            extern "C" __global__ void registers_that_there_are_not(int* out, int* in, int n) {
              int i = threadIdx.x;
              if (i < 128) asm volatile("setmaxnreg.dec.sync.aligned.u32 24;");
              else if (FAULT) asm volatile("setmaxnreg.inc.sync.aligned.u32 256;");  // <- wrong-registers
              else asm volatile("setmaxnreg.inc.sync.aligned.u32 240;");
              if (i < 64) out[i] = in[i];
            }
            """) { Shape = LaunchShape.Linear(1, 384), Threads = [352] },
        new("""
            extern "C" __global__ void registers_of_a_part_of_a_warpgroup(int* out, int* in, int n) {
              int i = threadIdx.x;
              if (!FAULT || i >= 32) asm volatile("setmaxnreg.dec.sync.aligned.u32 40;");  // <- wrong-registers
              if (i < 64) out[i] = in[i];
            }
            """) { Shape = LaunchShape.Linear(1, 128), Threads = [32] },
        new("""
            extern "C" __global__ void registers_of_no_count(int* out, int* in, int n) {
              int i = threadIdx.x;
              if (FAULT) asm volatile("setmaxnreg.dec.sync.aligned.u32 20;");  // <- wrong-registers
              if (i < 64) out[i] = in[i];
            }
            """) { Shape = LaunchShape.Linear(1, 128), Threads = [0, 32, 64, 96] },
    ];

    public static readonly FaultCase[] Cases =
        [.. Kernels.Select(kernel => kernel with { Source = HopperCode.Mbarriers + HopperCode.Copies + kernel.Source, Architecture = HopperCode.Architecture })];
}
