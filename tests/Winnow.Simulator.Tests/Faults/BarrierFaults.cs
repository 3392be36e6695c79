using Winnow.Gpu;

namespace Winnow.Simulator.Tests.Faults;

/// <summary>Barriers, functions of a warp, and kernels that stop or never do.</summary>
internal static class BarrierFaults
{
    public static readonly FaultCase[] Cases =
    [
        new("""
            extern "C" __global__ void barrier_for_half_a_warp(int* out, int* in, int n) {
              __shared__ int tile[64];
              int i = threadIdx.x;
              tile[i] = in[i];
              if (!FAULT || (i & 63) < 48) __syncthreads();  // <- divergent-barrier
              out[i] = tile[i];
            }
            """) { Shape = LaunchShape.Linear(1, 64), Threads = [32] },
        new("""
            extern "C" __global__ void barriers_of_two_counts(int* out, int* in, int n) {
              int i = threadIdx.x;
              if (i < 32) asm volatile("bar.sync 1, 64;" ::: "memory");  // <- mismatched-barrier
              else asm volatile("bar.sync 1, %0;" :: "r"(FAULT ? 96 : 64) : "memory");  // <- mismatched-barrier
              out[i] = in[i];
            }
            """) { Shape = LaunchShape.Linear(1, 64), Threads = [0, 32] },
        new("""
            extern "C" __global__ void barrier_of_an_odd_count(int* out, int* in, int n) {
              int i = threadIdx.x;
              asm volatile("bar.sync 1, %0;" :: "r"(FAULT ? 40 : 64) : "memory");  // <- mismatched-barrier
              out[i] = in[i];
            }
            """) { Shape = LaunchShape.Linear(1, 64), Threads = [0, 32] },
        new("""
            extern "C" __global__ void barriers_that_never_meet(int* out, int* in, int n) {
              int i = threadIdx.x;
              asm volatile("bar.sync %0, 64;" :: "r"(FAULT ? 1 + i / 32 : 1) : "memory");  // <- deadlock
              out[i] = in[i];
            }
            """) { Shape = LaunchShape.Linear(1, 64), Threads = [0, 32] },
        new("""
            extern "C" __global__ void barrier_after_an_exit(int* out, int* in, int n) {
              int i = threadIdx.x;
              if (i >= 32) return;
              if (FAULT) asm volatile("bar.sync 1, 64;" ::: "memory");  // <- deadlock
              else __syncthreads();
              out[i] = in[i];
            }
            """) { Shape = LaunchShape.Linear(1, 64) },
        new("""
            extern "C" __global__ void barrier_in_a_loop_of_uneven_trips(int* out, int* in, int n) {
              __shared__ int tile[32];
              int i = threadIdx.x;
              for (int j = 0; j < (FAULT && in[i] < 16 ? 3 : 2); j++) {
                tile[i] = in[i] + j;
                __syncthreads();  // <- divergent-barrier
              }
              out[i] = tile[i];
            }
            """),
        new("""
            extern "C" __global__ void loop_without_end(int* out, int* in, int n) {
              int i = threadIdx.x;
              while (*(volatile int*)(in + 1) == FAULT) {}  // <- endless-loop
              out[i] = in[i];
            }
            """),
        new("""
            extern "C" __global__ void stopped_by_itself(int* out, int* in, int n) {
              int i = threadIdx.x;
              if (FAULT && in[i] == 21) __trap();  // <- trap
              out[i] = in[i];
            }
            """) { Threads = [21] },
        new("""
            extern "C" __global__ void shuffle_from_outside_the_mask(int* out, int* in, int n) {
              int i = threadIdx.x;
              int v = in[i];
              if (i < 16) v = __shfl_sync(0xffff, v, FAULT ? 20 : 3);  // <- inactive-lane
              out[i] = v;
            }
            """),
        new("""
            extern "C" __global__ void mask_with_absent_lanes(int* out, int* in, int n) {
              int i = threadIdx.x;
              int v = in[i];
              if (v < 16) v = __shfl_xor_sync(FAULT ? 0xffffffff : 0xffff, v, 1);  // <- wrong-mask
              __syncwarp();
              out[i] = v;
            }
            """),
        new("""
            extern "C" __global__ void mask_without_the_caller(int* out, int* in, int n) {
              int i = threadIdx.x;
              out[i] = __ballot_sync(FAULT ? 0xffffff7f : 0xffffffff, in[i] > 3);  // <- wrong-mask
            }
            """) { Threads = [7] },
        new("""
            extern "C" __global__ void reduction_with_absent_lanes(int* out, int* in, int n) {
              int i = threadIdx.x;
              if (in[i] >= 8) out[i] = __reduce_add_sync(FAULT ? 0xffffffff : 0xffffff00, in[i]);  // <- wrong-mask
              __syncwarp();
              in[i] = 0;
            }
            """) { Threads = [8] },
        new("""
            extern "C" __global__ void warp_barrier_with_absent_lanes(int* out, int* in, int n) {
              int i = threadIdx.x;
              if (in[i] < 8) __syncwarp(FAULT ? 0xffff : 0xff);  // <- wrong-mask
              __syncwarp();  // <- wrong-mask
              out[i] = in[i];
            }
            """) { Threads = [0, 8] },
        new("""
            extern "C" __global__ void matrix_rows_misaligned(int* out, int* in, int n) {
              __shared__ __align__(16) int tile[36];
              int i = threadIdx.x, v;
              tile[i] = in[i];
              if (i < 4) tile[32 + i] = 0;
              __syncthreads();
              unsigned from = (unsigned)__cvta_generic_to_shared(tile + 4 * (i & 7) + (FAULT && i == 2 ? 1 : 0));
              asm volatile("ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%0}, [%1];" : "=r"(v) : "r"(from));  // <- misaligned
              out[i] = v;
            }
            """) { Threads = [2] },
        new("""
            extern "C" __global__ void product_of_a_part_of_a_warp(int* out, int* in, int n) {
              int i = threadIdx.x, a = in[i];
              float c0 = 0, c1 = 0, c2 = 0, c3 = 0;
              if (!FAULT || in[i] != 9)
                asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%4}, {%4}, {%0,%1,%2,%3};" : "+f"(c0), "+f"(c1), "+f"(c2), "+f"(c3) : "r"(a));  // <- divergent-warp
              __syncwarp();
              out[i] = (int)(c0 + c1 + c2 + c3);
            }
            """),
        new("""
            extern "C" __global__ void matrix_load_of_a_part_of_a_warp(int* out, int* in, int n) {
              __shared__ __align__(16) int tile[32];
              int i = threadIdx.x, v = 0;
              tile[i] = in[i];
              __syncthreads();
              unsigned from = (unsigned)__cvta_generic_to_shared(tile + 4 * (i & 7));
              if (!FAULT || in[i] > 2)
                asm volatile("ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%0}, [%1];" : "=r"(v) : "r"(from));  // <- divergent-warp
              __syncwarp();
              out[i] = v;
            }
            """) { Threads = [3] },
        new("""
            __device__ __noinline__ int deeper(int* in, int n) {
              return in[n & 63] == 77 ? n : deeper(in, n + 1) + deeper(in, n + 2);  // <- out-of-bounds
            }
            extern "C" __global__ void recursion_without_end(int* out, int* in, int n) {
              int i = threadIdx.x;
              if (!FAULT) in[i] = in[i + 32] = 77;
              __syncthreads();
              out[i] = deeper(in, i);
            }
            """) { Says = "local" },
    ];
}
