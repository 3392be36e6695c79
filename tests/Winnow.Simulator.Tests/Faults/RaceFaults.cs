using Winnow.Gpu;

namespace Winnow.Simulator.Tests.Faults;

/// <summary>Threads that meet in shared memory, and copies that nobody waits for.</summary>
internal static class RaceFaults
{
    public static readonly FaultCase[] Cases =
    [
        new("""
            extern "C" __global__ void two_writes(int* out, int* in, int n) {
              __shared__ int tile[64];
              int i = threadIdx.x;
              tile[FAULT && i == 35 ? 3 : i] = in[i];  // <- race
              __syncthreads();
              out[i] = tile[i & 31];
            }
            """) { Shape = LaunchShape.Linear(1, 64), Threads = [3, 35] },
        new("""
            extern "C" __global__ void read_before_the_barrier(int* out, int* in, int n) {
              __shared__ int tile[64];
              int i = threadIdx.x;
              tile[i] = 0;
              __syncthreads();
              tile[i] = in[i];  // <- race
              if (!FAULT) __syncthreads();
              out[i] = tile[i == 40 ? 2 : i];  // <- race
            }
            """) { Shape = LaunchShape.Linear(1, 64), Threads = [2, 40] },
        new("""
            extern "C" __global__ void write_before_the_barrier(int* out, int* in, int n) {
              __shared__ int tile[64];
              int i = threadIdx.x;
              tile[i] = in[i];
              __syncthreads();
              int v = tile[i == 40 ? 2 : i];  // <- race
              if (!FAULT) __syncthreads();
              tile[i] = v + 1;  // <- race
              __syncthreads();
              out[i] = tile[63 - i];
            }
            """) { Shape = LaunchShape.Linear(1, 64), Threads = [2, 40] },
        new("""
            extern "C" __global__ void barrier_of_another_group(int* out, int* in, int n) {
              __shared__ int tile[128];
              int i = threadIdx.x;
              tile[i] = 0;
              __syncthreads();
              tile[i] = i;  // <- race
              if (FAULT) asm volatile("bar.sync %0, 64;" :: "r"(1 + i / 64) : "memory");
              else __syncthreads();
              in[i & 63] = tile[i == 100 ? 7 : i];  // <- race
            }
            """) { Shape = LaunchShape.Linear(1, 128), Threads = [7, 100] },
        new("""
            extern "C" __global__ void atomic_and_plain_write(int* out, int* in, int n) {
              __shared__ int total;
              int i = threadIdx.x;
              if (i == 0) total = 0;
              __syncthreads();
              if (i < 32) atomicAdd(&total, in[i]);  // <- race
              if (!FAULT) __syncthreads();
              if (i == 33) total = 5;  // <- race
              __syncthreads();
              out[i] = total;
            }
            """) { Shape = LaunchShape.Linear(1, 64), Threads = [0, 31, 33] },
        new("""
            extern "C" __global__ void copy_without_wait(int* out, int* in, int n) {
              __shared__ __align__(16) int tile[32];
              int i = threadIdx.x;
              unsigned to = (unsigned)__cvta_generic_to_shared(tile + i);
              asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" :: "r"(to), "l"(in + i) : "memory");
              asm volatile("cp.async.commit_group;" ::: "memory");
              if (!FAULT) asm volatile("cp.async.wait_group 0;" ::: "memory");
              if (i == 4) out[i] = tile[i];  // <- missing-wait
            }
            """) { Threads = [4] },
        new("""
            extern "C" __global__ void copy_without_commit(int* out, int* in, int n) {
              __shared__ __align__(16) int tile[32];
              int i = threadIdx.x;
              unsigned to = (unsigned)__cvta_generic_to_shared(tile + i);
              asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" :: "r"(to), "l"(in + i) : "memory");
              if (!FAULT) asm volatile("cp.async.commit_group;" ::: "memory");
              asm volatile("cp.async.wait_group 0;" ::: "memory");
              if (i == 4) out[i] = tile[i];  // <- missing-wait
            }
            """) { Threads = [4] },
        new("""
            extern "C" __global__ void wait_for_one_group_too_few(int* out, int* in, int n) {
              __shared__ __align__(16) int tile[64];
              int i = threadIdx.x;
              for (int j = 0; j < 2; j++) {
                unsigned to = (unsigned)__cvta_generic_to_shared(tile + 32 * j + i);
                asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" :: "r"(to), "l"(in + 32 * j + i) : "memory");
                asm volatile("cp.async.commit_group;" ::: "memory");
              }
              asm volatile("cp.async.wait_group %0;" :: "n"(FAULT) : "memory");
              out[i] = tile[i];
              if (i == 8) out[i + 32] = tile[i + 32];  // <- missing-wait
            }
            """) { Threads = [8] },
        new("""
            extern "C" __global__ void overwrite_a_copy(int* out, int* in, int n) {
              __shared__ __align__(16) int tile[32];
              int i = threadIdx.x;
              unsigned to = (unsigned)__cvta_generic_to_shared(tile + i);
              asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" :: "r"(to), "l"(in + i) : "memory");
              asm volatile("cp.async.commit_group;" ::: "memory");
              if (!FAULT) asm volatile("cp.async.wait_all;" ::: "memory");
              if (i == 6) tile[i] = 1;  // <- missing-wait
              asm volatile("cp.async.wait_all;" ::: "memory");
              out[i] = tile[i];
            }
            """) { Threads = [6] },
        new("""
            extern "C" __global__ void wait_without_barrier(int* out, int* in, int n) {
              __shared__ __align__(16) int tile[64];
              int i = threadIdx.x;
              tile[i] = 0;
              __syncthreads();
              unsigned to = (unsigned)__cvta_generic_to_shared(tile + i);
              asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" :: "r"(to), "l"(in + i) : "memory");  // <- race
              asm volatile("cp.async.wait_all;" ::: "memory");
              if (!FAULT) __syncthreads();
              out[i] = tile[i == 50 ? 1 : i];  // <- race
            }
            """) { Shape = LaunchShape.Linear(1, 64), Threads = [1, 50] },
        new("""
            extern "C" __global__ void copy_from_past_the_end(int* out, int* in, int n) {
              __shared__ __align__(16) int tile[128];
              int i = threadIdx.x;
              unsigned to = (unsigned)__cvta_generic_to_shared(tile + 4 * i);
              int* from = in + 4 * (FAULT && i == 16 ? 16 : i & 15);
              asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" :: "r"(to), "l"(from) : "memory");  // <- out-of-bounds
              asm volatile("cp.async.wait_all;" ::: "memory");
              out[i] = tile[4 * i];
            }
            """) { Threads = [16] },
        new("""
            extern "C" __global__ void copy_to_misaligned(int* out, int* in, int n) {
              __shared__ __align__(16) int tile[132];
              int i = threadIdx.x;
              unsigned to = (unsigned)__cvta_generic_to_shared(tile + 4 * i + (FAULT && i == 13 ? 1 : 0));
              asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" :: "r"(to), "l"(in + 4 * (i & 15)) : "memory");  // <- misaligned
              asm volatile("cp.async.wait_all;" ::: "memory");
              out[i] = tile[4 * i];
            }
            """) { Threads = [13] },
    ];
}
