using System.Linq;
using Winnow.Gpu;

namespace Winnow.Simulator.Tests.Faults;

/// <summary>Launches that begin before the one before them has ended.</summary>
internal static class DependenceFaults
{
    private static readonly FaultCase[] Kernels =
    [
        new("""
            extern "C" __global__ void read_before_the_launch_before_has_ended(int* out, int* in, int n) {
              int i = threadIdx.x;
              if (!FAULT) GRID_WAIT();
              int value = in[i];  // <- missing-wait
              GRID_WAIT();
              out[i] = value;
            }
            """),
        new("""
            extern "C" __global__ void read_by_those_who_do_not_come_after_the_wait(int* out, int* in, int n) {
              int i = threadIdx.x;
              if (i < 32) GRID_WAIT();
              if (!FAULT) __syncthreads();
              if (i >= 32) out[i] = in[i];  // <- missing-wait
            }
            """) { Shape = LaunchShape.Linear(1, 64), Threads = [32] },
        new("""
            extern "C" __global__ void write_over_what_the_launch_before_writes(int* out, int* in, int n) {
              int i = threadIdx.x;
              if (!FAULT) GRID_WAIT();
              in[i] = 7;  // <- missing-wait
              GRID_WAIT();
              out[i] = in[i];
            }
            """),
        new("""
            extern "C" __global__ void sum_before_the_launch_before_has_ended(int* out, int* in, int n) {
              int i = threadIdx.x;
              if (!FAULT) GRID_WAIT();
              atomicAdd(in + 1, i);  // <- missing-wait
              GRID_WAIT();
              out[i] = in[i];
            }
            """),
        new("""
            extern "C" __global__ void copy_before_the_launch_before_has_ended(int* out, int* in, int n) {
              __shared__ u64 bar;
              __shared__ __align__(16) int tile[32];
              int i = threadIdx.x;
              if (i == 0) { MBAR_INIT(&bar, 1); MBAR_EXPECT(&bar, 128); FENCE_INIT(); }
              __syncthreads();
              if (!FAULT) GRID_WAIT();
              if (i == 0) BULK_LOAD(tile, in, 128, &bar);  // <- missing-wait
              MBAR_WAIT(&bar, 0);
              out[i] = tile[i];
            }
            """),
        new("""
            extern "C" __global__ void wait_that_there_is_none_of(int* out, int* in, int n) {
              int i = threadIdx.x;
              if (FAULT) GRID_LAUNCH(); else GRID_WAIT();
              out[i] = in[i];  // <- missing-wait
            }
            """),
    ];

    public static readonly FaultCase[] Cases =
    [
        .. Kernels.Select(kernel => kernel with
        {
            Source = HopperCode.Mbarriers + HopperCode.Copies + HopperCode.Dependence + kernel.Source,
            Architecture = HopperCode.Architecture,
            IsDependent = true,
            Says = "griddepcontrol.wait",
        }),
    ];
}
