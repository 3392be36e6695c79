using System.Linq;
using Winnow.Gpu;

namespace Winnow.Simulator.Tests.Faults;

/// <summary>Mbarriers.</summary>
internal static class MbarrierFaults
{
    private static readonly FaultCase[] Kernels =
    [
        new("""
            extern "C" __global__ void mbarrier_that_nobody_made(int* out, int* in, int n) {
              __shared__ u64 bar;
              int i = threadIdx.x;
              if (!FAULT && i == 0) MBAR_INIT(&bar, 32);
              __syncthreads();
              MBAR_ARRIVE(&bar);  // <- invalid-barrier
              MBAR_WAIT(&bar, 0);
              out[i] = in[i];
            }
            """),
        new("""
            extern "C" __global__ void mbarrier_that_others_do_not_know(int* out, int* in, int n) {
              __shared__ u64 bar;
              int i = threadIdx.x;
              if (i == 0) MBAR_INIT(&bar, 32);
              if (!FAULT) __syncthreads();
              if (i >= 32) MBAR_ARRIVE(&bar);  // <- invalid-barrier
              out[i] = in[i];
            }
            """) { Shape = LaunchShape.Linear(1, 64), Threads = [32] },
        new("""
            extern "C" __global__ void store_to_an_mbarrier(int* out, int* in, int n) {
              __shared__ u64 bars[2];
              int i = threadIdx.x;
              if (i == 0) MBAR_INIT(bars, 32);
              __syncthreads();
              if (i == 3) *(volatile int*)(bars + 1 - FAULT) = 1;  // <- invalid-barrier
              MBAR_ARRIVE(bars);
              out[i] = in[i];
            }
            """) { Threads = [3] },
        new("""
            extern "C" __global__ void mbarrier_made_twice(int* out, int* in, int n) {
              __shared__ u64 bar;
              int i = threadIdx.x;
              if (i == 0) MBAR_INIT(&bar, 16);
              if (!FAULT && i == 0) MBAR_INVAL(&bar);
              if (i == 0) MBAR_INIT(&bar, 32);  // <- invalid-barrier
              __syncthreads();
              MBAR_ARRIVE(&bar);
              out[i] = in[i];
            }
            """),
        new("""
            extern "C" __global__ void more_arrivals_than_expected(int* out, int* in, int n) {
              __shared__ u64 bar;
              int i = threadIdx.x;
              if (i == 0) MBAR_INIT(&bar, 8);
              __syncthreads();
              if (i == 7) MBAR_ARRIVE_MANY(&bar, FAULT + 8);  // <- barrier-overflow
              MBAR_WAIT(&bar, 0);
              out[i] = in[i];
            }
            """) { Threads = [7] },
        new("""
            extern "C" __global__ void more_bytes_than_an_mbarrier_counts(int* out, int* in, int n) {
              __shared__ u64 bar;
              int i = threadIdx.x;
              if (i == 0) MBAR_INIT(&bar, 1);
              __syncthreads();
              if (i == 0) MBAR_EXPECT(&bar, FAULT + 0xfffff);  // <- barrier-overflow
              out[i] = in[i];
            }
            """),
        new("""
            extern "C" __global__ void phase_of_long_ago(int* out, int* in, int n) {
              __shared__ u64 bar;
              int i = threadIdx.x, ok;
              u64 first, second;
              if (i == 0) MBAR_INIT(&bar, 32);
              __syncwarp();
              MBAR_ARRIVE_STATE(first, &bar);
              MBAR_ARRIVE_STATE(second, &bar);
              MBAR_TEST(ok, &bar, FAULT ? first : second);  // <- wrong-phase
              out[i] = in[i] + ok;
            }
            """),
        new("""
            extern "C" __global__ void arrival_that_never_comes(int* out, int* in, int n) {
              __shared__ u64 bar;
              int i = threadIdx.x;
              if (i == 0) MBAR_INIT(&bar, FAULT + 64);
              __syncthreads();
              MBAR_ARRIVE(&bar);
              MBAR_WAIT(&bar, 0);  // <- deadlock
              out[i] = in[i];
            }
            """) { Shape = LaunchShape.Linear(1, 64), Threads = [0, 32], Says = "1 of 65 arrivals" },
        new("""
            extern "C" __global__ void bytes_that_never_come(int* out, int* in, int n) {
              __shared__ u64 bar;
              int i = threadIdx.x;
              if (i == 0) MBAR_INIT(&bar, 1);
              __syncthreads();
              if (i == 0) MBAR_EXPECT(&bar, FAULT * 16);
              MBAR_WAIT(&bar, 0);  // <- deadlock
              out[i] = in[i];
            }
            """) { Says = "16 bytes" },
        new("""
            extern "C" __global__ void mbarrier_that_the_reader_does_not_wait_for(int* out, int* in, int n) {
              __shared__ u64 bar;
              __shared__ int tile[32];
              int i = threadIdx.x;
              if (i < 32) tile[i] = 0;
              if (i == 0) MBAR_INIT(&bar, 32);
              __syncthreads();
              if (i < 32) {
                tile[i] = in[i];  // <- race
                MBAR_ARRIVE(&bar);
              } else {
                if (!FAULT) MBAR_WAIT(&bar, 0);
                out[i] = tile[i - 32];  // <- race
              }
            }
            """) { Shape = LaunchShape.Linear(1, 64), Threads = [0, 32] },
        new("""
            extern "C" __global__ void copy_whose_mbarrier_nobody_waits_for(int* out, int* in, int n) {
              __shared__ u64 bar;
              __shared__ int tile[32];
              int i = threadIdx.x;
              if (i == 0) MBAR_INIT(&bar, 32);
              __syncthreads();
              asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" :: "r"(SH(tile + i)), "l"(in + i) : "memory");
              asm volatile("cp.async.mbarrier.arrive.noinc.shared.b64 [%0];" :: "r"(SH(&bar)) : "memory");
              if (!FAULT) MBAR_WAIT(&bar, 0);
              out[i] = tile[i];  // <- missing-wait
            }
            """),
    ];

    public static readonly FaultCase[] Cases =
        [.. Kernels.Select(kernel => kernel with { Source = HopperCode.Mbarriers + kernel.Source, Architecture = HopperCode.Architecture })];
}
