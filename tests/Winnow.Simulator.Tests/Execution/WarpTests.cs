using System.Linq;
using NUnit.Framework;
using Winnow.Gpu;

namespace Winnow.Simulator.Tests.Execution;

/// <summary>Lanes that part and meet, and barriers of warps and blocks.</summary>
public sealed class WarpTests
{
    private static readonly int[] Seeds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

    [TestCaseSource(nameof(Seeds))]
    public void NamedBarriers_LetProducersAndConsumersAlternate(int seed)
    {
        using SimulatedKernel kernel = new(
            """
            extern "C" __global__ void test(int* out, int rounds) {
              __shared__ int slot[2][32];
              int lane = threadIdx.x % 32;
              if (threadIdx.x < 32) {
                for (int i = 0; i < rounds; i++) {
                  int s = i & 1;
                  if (i >= 2) asm volatile("bar.sync %0, 64;" ::"r"(3 + s) : "memory");
                  slot[s][lane] = i * 100 + lane;
                  asm volatile("bar.arrive %0, 64;" ::"r"(1 + s) : "memory");
                }
              } else {
                for (int i = 0; i < rounds; i++) {
                  int s = i & 1;
                  asm volatile("bar.sync %0, 64;" ::"r"(1 + s) : "memory");
                  out[i * 32 + lane] = slot[s][31 - lane];
                  if (i + 2 < rounds) asm volatile("bar.arrive %0, 64;" ::"r"(3 + s) : "memory");
                }
              }
            }
            """,
            new PtxSimulatorOptions { Seed = seed });
        nint output = kernel.Buffer(4 * 32 * 9);

        kernel.Launch(LaunchShape.Linear(1, 64), output, 9);

        Assert.That(kernel.Read<int>(output, 288), Is.EqualTo(Enumerable.Range(0, 288).Select(i => (i / 32 * 100) + 31 - (i % 32))));
    }

    [Test]
    public void WarpBarrier_MeetsLanesAtDifferentPlaces()
    {
        using SimulatedKernel kernel = new("""
            extern "C" __global__ void test(int* out, int* in) {
              __shared__ int tile[32];
              int i = threadIdx.x;
              if (in[i] % 2) { tile[i] = i; __syncwarp(); out[i] = tile[i - 1]; }
              else { tile[i] = -i; __syncwarp(); out[i] = tile[i + 1] * 10; }
            }
            """);
        nint output = kernel.Buffer(128);

        kernel.Launch(LaunchShape.Linear(1, 32), output, kernel.Buffer<int>([.. Enumerable.Range(0, 32)]));

        Assert.That(kernel.Read<int>(output, 32), Is.EqualTo(Enumerable.Range(0, 32).Select(i => i % 2 == 1 ? 1 - i : (i + 1) * 10)));
    }

    [Test]
    public void Shuffles_OfDifferentMasksInBothBranchesKeepApart()
    {
        using SimulatedKernel kernel = new("""
            extern "C" __global__ void test(int* out, int* in) {
              int i = threadIdx.x;
              int v = in[i];
              if (i < 8) v = __shfl_sync(0xff, v, 3);
              else if (i < 24) v = __reduce_add_sync(0xffff00, v);
              else v = __ballot_sync(0xff000000, v & 1);
              out[i] = v;
            }
            """);
        nint output = kernel.Buffer(128);

        kernel.Launch(LaunchShape.Linear(1, 32), output, kernel.Buffer<int>([.. Enumerable.Range(0, 32)]));

        int sum = Enumerable.Range(8, 16).Sum();
        Assert.That(
            kernel.Read<int>(output, 32),
            Is.EqualTo(Enumerable.Range(0, 32).Select(i => i < 8 ? 3 : i < 24 ? sum : unchecked((int)0xAA000000))));
    }

    [Test]
    public void Shuffle_OfTwoMasksAtOnePlaceServesBoth()
    {
        using SimulatedKernel kernel = new("""
            extern "C" __global__ void test(int* out, int* in) {
              int i = threadIdx.x;
              unsigned mask = i < 16 ? 0xffff : 0xffff0000;
              out[i] = __reduce_max_sync(mask, in[i]) + __match_any_sync(mask, in[i] / 4);
            }
            """);
        nint output = kernel.Buffer(128);

        kernel.Launch(LaunchShape.Linear(1, 32), output, kernel.Buffer<int>([.. Enumerable.Range(0, 32)]));

        Assert.That(
            kernel.Read<int>(output, 32),
            Is.EqualTo(Enumerable.Range(0, 32).Select(i => (i < 16 ? 15 : 31) + (0xF << (i / 4 * 4)))));
    }

    [Test]
    public void Barriers_CountVoteAndJoin()
    {
        using SimulatedKernel kernel = new("""
            extern "C" __global__ void test(int* out, int limit) {
              int i = threadIdx.x;
              int count = __syncthreads_count(i < limit);
              int any = __syncthreads_or(i == limit);
              int all = __syncthreads_and(i <= limit);
              out[i] = count * 100 + (any != 0) * 10 + (all != 0);
            }
            """);
        nint output = kernel.Buffer(4 * 100);

        kernel.Launch(LaunchShape.Linear(1, 100), output, 99);

        Assert.That(kernel.Read<int>(output, 100), Has.All.EqualTo(9911));
        kernel.Launch(LaunchShape.Linear(1, 100), output, 40);
        Assert.That(kernel.Read<int>(output, 100), Has.All.EqualTo(4010));
        kernel.Launch(LaunchShape.Linear(1, 100), output, 100);
        Assert.That(kernel.Read<int>(output, 100), Has.All.EqualTo(10001));
    }

    [Test]
    public void Threads_OfThreeDimensionsKnowWhereTheyAre()
    {
        using SimulatedKernel kernel = new("""
            extern "C" __global__ void test(int* out) {
              int block = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
              int thread = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
              unsigned lane; asm("mov.u32 %0, %%laneid;" : "=r"(lane));
              out[block * blockDim.x * blockDim.y * blockDim.z + thread] = block * 1000 + thread + (lane == thread % 32 ? 0 : 1000000);
            }
            """);
        nint output = kernel.Buffer(4 * 24 * 30);

        kernel.Launch(new LaunchShape(2, 3, 4, 5, 3, 2), output);

        Assert.That(kernel.Read<int>(output, 720), Is.EqualTo(Enumerable.Range(0, 720).Select(i => (i / 30 * 1000) + (i % 30))));
    }

    [TestCaseSource(nameof(Seeds))]
    public void Flags_WithFencesHandOverWithoutARace(int seed) => HandOver(seed, "__shared__ int flag;");

    [TestCaseSource(nameof(Seeds))]
    public void Flags_InGlobalMemoryHandOverWithoutARace(int seed) => HandOver(seed, "int& flag = out[40];");

    private static void HandOver(int seed, string flag)
    {
        using SimulatedKernel kernel = new(
            $$"""
            extern "C" __global__ void test(int* out) {
              __shared__ int data[32];
              {{flag}}
              int i = threadIdx.x;
              if (i == 0) flag = 0;
              __syncthreads();
              if (i < 32) {
                data[i] = i * 7;
                __syncwarp();
                if (i == 0) { __threadfence_block(); atomicExch(&flag, 1); }
              } else {
                while (atomicAdd(&flag, 0) == 0) {}
                __threadfence_block();
                out[i - 32] = data[i - 32];
              }
            }
            """,
            new PtxSimulatorOptions { Seed = seed });
        nint output = kernel.Buffer(256);

        kernel.Launch(LaunchShape.Linear(1, 64), output);

        Assert.That(kernel.Read<int>(output, 32), Is.EqualTo(Enumerable.Range(0, 32).Select(i => i * 7)));
    }

    [Test]
    public void EarlyReturns_OfWholeWarpsLeaveBarriersToTheRest()
    {
        using SimulatedKernel kernel = new("""
            extern "C" __global__ void test(int* out, int n) {
              __shared__ int tile[96];
              int i = threadIdx.x;
              if (i >= n) return;
              tile[i] = i;
              __syncthreads();
              out[i] = tile[n - 1 - i];
            }
            """);
        nint output = kernel.Buffer(4 * 64);

        kernel.Launch(LaunchShape.Linear(1, 96), output, 64);

        Assert.That(kernel.Read<int>(output, 64), Is.EqualTo(Enumerable.Range(0, 64).Select(i => 63 - i)));
    }

    [Test]
    public void Calls_FromDivergedLanesKeepTheirFrames()
    {
        using SimulatedKernel kernel = new("""
            __device__ __noinline__ int deep(int n, int* trace) {
              int local[4] = {n, n + 1, n + 2, n + 3};
              if (n > 3) local[n & 3] += deep(n - 1, local);
              if (n & 1) return local[n & 3] + trace[0];
              return local[(n + 1) & 3] - trace[1];
            }
            extern "C" __global__ void test(int* out) {
              int trace[2] = {(int)threadIdx.x, 2};
              out[threadIdx.x] = threadIdx.x & 1 ? deep(threadIdx.x / 2, trace) : deep(7, trace);
            }
            """);
        nint output = kernel.Buffer(128);

        kernel.Launch(LaunchShape.Linear(1, 32), output);

        Assert.That(kernel.Read<int>(output, 32), Is.EqualTo(Enumerable.Range(0, 32).Select(i => Deep((i & 1) != 0 ? i / 2 : 7, [i, 2]))));
    }

    private static int Deep(int n, int[] trace)
    {
        int[] local = [n, n + 1, n + 2, n + 3];
        if (n > 3)
        {
            local[n & 3] += Deep(n - 1, local);
        }

        return (n & 1) != 0 ? local[n & 3] + trace[0] : local[(n + 1) & 3] - trace[1];
    }
}
