using System;
using System.Linq;
using Winnow.Gpu;

namespace Winnow.Simulator.Bench;

/// <summary>A kernel <c>(float* out, const float* in, int n)</c> that is measured.</summary>
/// <param name="Name">What the table calls it.</param>
/// <param name="Shape">The shape of its launch: a few milliseconds, so that some launches are not interrupted on a busy machine.</param>
/// <param name="N">Its third argument.</param>
/// <param name="Source">CUDA C++ with a kernel called <c>bench</c>.</param>
internal sealed record BenchKernel(string Name, LaunchShape Shape, int N, string Source)
{
    /// <summary>What it is compiled for.</summary>
    public string Architecture { get; init; } = "compute_80";

    /// <summary>Elements of both buffers.</summary>
    public const int Elements = 1 << 16;

    /// <summary>What is measured: arithmetic, streaming, shared memory, tensor cores, divergence, products of warpgroups.</summary>
    public static BenchKernel[] All { get; } =
    [
        new("arithmetic", LaunchShape.Linear(4, 256), 400, """
            extern "C" __global__ void bench(float* out, const float* in, int n) {
              int i = blockIdx.x * blockDim.x + threadIdx.x;
              float a = in[i], b = a, c = a, d = a;
              int k = i;
              for (int j = 0; j < n; j++) {
                a = fmaf(a, 0.5f, 1.f); b = fmaf(b, 0.25f, a); c = fmaf(c, 0.5f, b); d = fmaf(d, a, c);
                k = (k * 5 + j) ^ (k >> 3);
              }
              out[i] = a + b + c + d + k;
            }
            """),
        new("streaming", LaunchShape.Linear(64, 256), BenchKernel.Elements, """
            extern "C" __global__ void bench(float* out, const float* in, int n) {
              for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += blockDim.x * gridDim.x) out[i] = 2.f * in[i] + 1.f;
            }
            """),
        new("vectors", LaunchShape.Linear(16, 256), BenchKernel.Elements / 4, """
            extern "C" __global__ void bench(float* out, const float* in, int n) {
              for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += blockDim.x * gridDim.x) {
                float4 v = ((const float4*)in)[i];
                v.x += 1.f; v.y *= 2.f; v.z -= 3.f; v.w = v.w * v.x + v.y;
                ((float4*)out)[i] = v;
              }
            }
            """),
        new("shared", LaunchShape.Linear(4, 256), 16, """
            extern "C" __global__ void bench(float* out, const float* in, int n) {
              __shared__ float tile[32][33];
              int x = threadIdx.x % 32, y = threadIdx.x / 32;
              float sum = 0;
              for (int j = 0; j < n; j++) {
                for (int k = y; k < 32; k += 8) tile[k][x] = in[(j * 1024 + k * 32 + x) % 16384];
                __syncthreads();
                for (int k = y; k < 32; k += 8) sum += tile[x][k];
                __syncthreads();
              }
              out[blockIdx.x * blockDim.x + threadIdx.x] = sum;
            }
            """),
        new("reduction", LaunchShape.Linear(4, 256), 16, """
            extern "C" __global__ void bench(float* out, const float* in, int n) {
              __shared__ float part[8];
              float sum = 0;
              for (int j = 0; j < n; j++) {
                float v = in[j * 256 + threadIdx.x];
                for (int step = 16; step > 0; step /= 2) v += __shfl_xor_sync(0xffffffff, v, step);
                if (threadIdx.x % 32 == 0) part[threadIdx.x / 32] = v;
                __syncthreads();
                for (int k = 0; k < 8; k++) sum += part[k];
                __syncthreads();
              }
              out[blockIdx.x * blockDim.x + threadIdx.x] = sum;
            }
            """),
        new("tensor", LaunchShape.Linear(4, 128), 60, """
            extern "C" __global__ void bench(float* out, const float* in, int n) {
              __shared__ __align__(16) unsigned tile[4][512];
              int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
              for (int k = lane; k < 512; k += 32) tile[warp][k] = 0x3c003c00;
              __syncwarp();
              float c[4] = {};
              unsigned at = (unsigned)__cvta_generic_to_shared(&tile[warp][lane * 4]);
              for (int j = 0; j < n; j++) {
                unsigned a[4], b[2];
                asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];" : "=r"(a[0]), "=r"(a[1]), "=r"(a[2]), "=r"(a[3]) : "r"(at));
                asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0,%1}, [%2];" : "=r"(b[0]), "=r"(b[1]) : "r"(at + 512));
                asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
                  : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
              }
              out[blockIdx.x * blockDim.x + threadIdx.x] = c[0] + c[1] + c[2] + c[3];
            }
            """),
        new("divergence", LaunchShape.Linear(8, 256), 60, """
            extern "C" __global__ void bench(float* out, const float* in, int n) {
              int i = blockIdx.x * blockDim.x + threadIdx.x;
              unsigned v = i + 1;
              int steps = 0;
              for (int j = 0; j < n; j++) {
                if (v % 2 == 0) { v /= 2; steps += 3; } else if (v > 5) { v = 3 * v + 1; steps ^= j; } else { v += i; }
              }
              out[i] = steps + v;
            }
            """),
        new("products", LaunchShape.Linear(4, 128), 8, """
            extern "C" __global__ void bench(float* out, const float* in, int n) {
              __shared__ __align__(1024) float tile[128 * 32];
              for (int i = threadIdx.x; i < 128 * 32; i += 128) tile[i] = in[i];
              asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
              __syncthreads();
              unsigned long long t = (unsigned long long)((unsigned)__cvta_generic_to_shared(tile) >> 4) | 64ull << 32 | 1ull << 62;
              float d[64] = {};
              for (int j = 0; j < n; j++) {
                asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
                #pragma unroll
                for (int k = 0; k < 4; k++)
                  asm volatile("{.reg .pred p; setp.eq.u32 p, 0, 0; wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 {LIST}, %64, %65, p, 1, 1, 0, 0;}"
                    : OUTPUTS : "l"(t + 2 * k), "l"(t + 2 * k) : "memory");
                asm volatile("wgmma.commit_group.sync.aligned; wgmma.wait_group.sync.aligned 0;" ::: "memory");
              }
              for (int i = 0; i < 64; i++) out[i * 128 + threadIdx.x] = d[i];
            }
            """.Replace("LIST", Products(i => $"%{i}"), StringComparison.Ordinal).Replace("OUTPUTS", Products(i => $"\"+f\"(d[{i}])"), StringComparison.Ordinal))
        {
            Architecture = "compute_90a",
        },
    ];

    private static string Products(Func<int, string> operand) => string.Join(", ", Enumerable.Range(0, 64).Select(operand));
}
