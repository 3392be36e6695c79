using Winnow.Gpu;

namespace Winnow.Simulator.Tests.Faults;

/// <summary>Accesses that memory does not allow.</summary>
internal static class MemoryFaults
{
    public static readonly FaultCase[] Cases =
    [
        new("""
            extern "C" __global__ void copy_of_nothing_from_an_odd_place(int* out, int* in, int n) {
              __shared__ __align__(16) int tile[64];
              int i = threadIdx.x;
              unsigned to = (unsigned)__cvta_generic_to_shared(tile + 2 * i);
              asm volatile("cp.async.ca.shared.global [%0], [%1], 8, %2;" :: "r"(to), "l"(in + 2 * i + (i == 7 ? FAULT : 0)), "r"(i == 7 ? 0 : 8) : "memory");  // <- misaligned
              asm volatile("cp.async.wait_all;" ::: "memory");
              out[i] = tile[2 * i];
            }
            """) { Threads = [7] },
        new("""
            extern "C" __global__ void read_past_the_end(int* out, int* in, int n) {
              int i = blockIdx.x * blockDim.x + threadIdx.x;
              int at = FAULT && i == 37 ? n : i;
              out[i] = in[at];  // <- out-of-bounds
            }
            """) { Shape = LaunchShape.Linear(2, 32), Blocks = [1], Threads = [5], Says = "256 bytes" },
        new("""
            extern "C" __global__ void write_past_the_end(int* out, int* in, int n) {
              int i = blockIdx.x * blockDim.x + threadIdx.x;
              int at = FAULT && i == 37 ? n : i;
              out[at] = in[i];  // <- out-of-bounds
            }
            """) { Shape = LaunchShape.Linear(2, 32), Blocks = [1], Threads = [5] },
        new("""
            extern "C" __global__ void add_past_the_end(int* out, int* in, int n) {
              int i = threadIdx.x;
              atomicAdd(&in[FAULT && i == 30 ? n : 0], i);  // <- out-of-bounds
            }
            """) { Threads = [30] },
        new("""
            extern "C" __global__ void exchange_past_the_end(int* out, int* in, int n) {
              int i = threadIdx.x;
              out[i] = atomicCAS(&in[FAULT && i == 30 ? n + 1 : i], i, 7);  // <- out-of-bounds
            }
            """) { Threads = [30] },
        new("""
            extern "C" __global__ void read_below_the_start(int* out, int* in, int n) {
              int i = threadIdx.x;
              out[i] = in[FAULT ? i - 1 : i];  // <- out-of-bounds
            }
            """),
        new("""
            extern "C" __global__ void vector_across_the_end(int* out, int* in, int n) {
              int i = threadIdx.x;
              int2 pair = *(int2*)((char*)in + 8 * (FAULT && i == 31 ? n / 2 : i));  // <- out-of-bounds
              out[i] = pair.x + pair.y;
            }
            """) { Threads = [31] },
        new("""
            extern "C" __global__ void write_to_null(int* out, int* in, int n) {
              int i = threadIdx.x;
              int* to = FAULT && i == 7 ? (int*)(long long)in[0] : out;
              to[i] = in[i];  // <- out-of-bounds
            }
            """) { Threads = [7] },
        new("""
            extern "C" __global__ void read_what_was_freed(int* out, int* in, int n) {
              int i = threadIdx.x;
              if (i == 3) out[i] = in[i];  // <- freed-memory
            }
            """) { Threads = [3], FreesInput = true },
        new("""
            extern "C" __global__ void misaligned_vector(int* out, int* in, int n) {
              int i = threadIdx.x;
              int4 v = *(int4*)(in + 4 * (i & 7) + (FAULT && i == 3 ? 1 : 0));  // <- misaligned
              out[i] = v.x + v.y + v.z + v.w;
            }
            """) { Threads = [3], Says = "16" },
        new("""
            extern "C" __global__ void misaligned_write(int* out, int* in, int n) {
              int i = threadIdx.x;
              *(int*)((char*)out + 4 * i + (FAULT && i == 9 ? 2 : 0)) = in[i];  // <- misaligned
            }
            """) { Threads = [9] },
        new("""
            extern "C" __global__ void shared_past_the_end(int* out, int* in, int n) {
              __shared__ int tile[32];
              int i = threadIdx.x;
              tile[FAULT && i == 31 ? n : i] = in[i];  // <- out-of-bounds
              __syncthreads();
              out[i] = tile[31 - i];
            }
            """) { Threads = [31], Says = "shared" },
        new("""
            extern __shared__ int tile[];
            extern "C" __global__ void dynamic_past_the_end(int* out, int* in, int n) {
              int i = threadIdx.x;
              tile[i] = in[i];
              __syncthreads();
              out[i] = tile[FAULT && i == 11 ? 32 : i];  // <- out-of-bounds
            }
            """) { Shape = LaunchShape.Linear(1, 32, 128), Threads = [11], Says = "128 bytes" },
        new("""
            extern "C" __global__ void shared_misaligned(int* out, int* in, int n) {
              __shared__ __align__(16) int tile[128];
              int i = threadIdx.x;
              for (int j = 0; j < 4; j++) tile[4 * i + j] = in[i];
              __syncthreads();
              int4 v = *(int4*)(tile + 4 * (i & 15) + (FAULT && i == 15 ? 1 : 0));  // <- misaligned
              out[i] = v.x + v.w;
            }
            """) { Threads = [15] },
        new("""
            extern "C" __global__ void local_past_the_end(int* out, int* in, int n) {
              int local[4];
              int i = threadIdx.x;
              for (int j = 0; j < 4; j++) local[j] = in[i + j];
              out[i] = local[FAULT && i == 9 ? n : in[i] & 3];  // <- out-of-bounds
            }
            """) { Threads = [9], Says = "local" },
        new("""
            __constant__ int table[8] = {1, 2, 3, 4, 5, 6, 7, 8};
            extern "C" __global__ void constant_past_the_end(int* out, int* in, int n) {
              int i = threadIdx.x;
              out[i] = table[FAULT && i == 2 ? n : in[i] & 7];  // <- out-of-bounds
            }
            """) { Threads = [2] },
        new("""
            __constant__ int table[32] = {1};
            extern "C" __global__ void write_a_constant(int* out, int* in, int n) {
              int i = threadIdx.x;
              int* to = FAULT && in[i] == 4 ? (int*)table : out;
              to[i] = table[in[i] & 31];  // <- read-only
            }
            """) { Threads = [4] },
        new("""
            __device__ int state[16];
            extern "C" __global__ void variable_past_the_end(int* out, int* in, int n) {
              int i = threadIdx.x;
              atomicMax(&state[FAULT && i == 17 ? n : i & 15], i);  // <- out-of-bounds
              out[i] = in[i];
            }
            """) { Threads = [17] },
        new("""
            extern "C" __global__ void global_never_written(int* out, int* in, int n) {
              int i = threadIdx.x;
              int* from = FAULT && i == 12 ? out : in;
              in[i + 32] = from[i];  // <- uninitialized
            }
            """) { Threads = [12] },
        new("""
            extern "C" __global__ void shared_never_written(int* out, int* in, int n) {
              __shared__ int tile[32];
              int i = threadIdx.x;
              if (!FAULT || i != 5) tile[i] = in[i];
              __syncthreads();
              out[i] = tile[i ^ 1];  // <- uninitialized
            }
            """) { Threads = [4] },
        new("""
            extern "C" __global__ void atomic_never_written(int* out, int* in, int n) {
              __shared__ int count;
              int i = threadIdx.x;
              if (!FAULT && i == 0) count = 0;
              __syncthreads();
              atomicAdd(&count, in[i]);  // <- uninitialized
              __syncthreads();
              out[i] = count;
            }
            """),
        new("""
            extern "C" __global__ void local_never_written(int* out, int* in, int n) {
              int local[8];
              int i = threadIdx.x;
              for (int j = 0; j < (FAULT ? 4 : 8); j++) local[j] = in[i + j];
              out[i] = local[i == 6 ? n / 16 : in[i] & 3];  // <- uninitialized
            }
            """) { Threads = [6], Says = "local" },
        new("""
            extern "C" __global__ void matrix_never_written(int* out, int* in, int n) {
              __shared__ __align__(16) int tile[32];
              int i = threadIdx.x, v;
              if (!FAULT || i < 20 || i > 23) tile[i] = in[i];
              __syncthreads();
              unsigned from = (unsigned)__cvta_generic_to_shared(tile + 4 * (i & 7));
              asm volatile("ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%0}, [%1];" : "=r"(v) : "r"(from));  // <- uninitialized
              out[i] = v;
            }
            """) { Threads = [5] },
    ];
}
