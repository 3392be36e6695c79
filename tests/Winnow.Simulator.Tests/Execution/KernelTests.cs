using System.Linq;
using NUnit.Framework;
using Winnow.Gpu;

namespace Winnow.Simulator.Tests.Execution;

/// <summary>Ordinary kernels of CUDA C++ against what they compute by definition.</summary>
public sealed class KernelTests
{
    [Test]
    public void Launch_OfSaxpyComputesEveryElement()
    {
        using SimulatedKernel kernel = new("""
            extern "C" __global__ void test(float* y, const float* x, float a, int n) {
              int i = blockIdx.x * blockDim.x + threadIdx.x;
              if (i < n) y[i] = a * x[i] + y[i];
            }
            """);
        float[] x = [.. Enumerable.Range(0, 1000).Select(i => (float)i)];
        float[] y = [.. Enumerable.Range(0, 1000).Select(i => 1000f - i)];
        nint yBuffer = kernel.Buffer<float>(y);

        kernel.Launch(LaunchShape.Linear(8, 128), yBuffer, kernel.Buffer<float>(x), 3f, 1000);

        Assert.That(kernel.Read<float>(yBuffer, 1000), Is.EqualTo(x.Select((v, i) => (3 * v) + y[i])));
    }

    [TestCase(1)]
    [TestCase(32)]
    [TestCase(33)]
    [TestCase(256)]
    [TestCase(1000)]
    public void Launch_OfSharedMemoryReductionSumsAll(int threads)
    {
        using SimulatedKernel kernel = new("""
            extern "C" __global__ void test(int* sum, const int* x, int n) {
              extern __shared__ int part[];
              int i = threadIdx.x;
              part[i] = x[blockIdx.x * n + i];
              __syncthreads();
              int m = n;
              while (m > 1) {
                int half = (m + 1) / 2;
                int other = i < m - half ? part[i + half] : 0;
                __syncthreads();
                if (i < m - half) part[i] += other;
                __syncthreads();
                m = half;
              }
              if (i == 0) atomicAdd(sum, part[0]);
            }
            """);
        int[] x = [.. Enumerable.Range(0, 5 * threads)];
        nint sum = kernel.Buffer<int>(0);

        kernel.Launch(LaunchShape.Linear(5, threads, 4 * threads), sum, kernel.Buffer<int>(x), threads);

        Assert.That(kernel.Read<int>(sum, 1)[0], Is.EqualTo(x.Sum()));
    }

    [Test]
    public void Launch_OfWarpReductionSumsEveryWarp()
    {
        using SimulatedKernel kernel = new("""
            extern "C" __global__ void test(float* out, const float* x) {
              float v = x[threadIdx.x];
              for (int step = 16; step > 0; step /= 2) v += __shfl_xor_sync(0xffffffff, v, step);
              out[threadIdx.x] = v;
            }
            """);
        float[] x = [.. Enumerable.Range(0, 64).Select(i => (float)i)];
        nint output = kernel.Buffer(256);

        kernel.Launch(LaunchShape.Linear(1, 64), output, kernel.Buffer<float>(x));

        Assert.That(kernel.Read<float>(output, 64), Is.EqualTo(Enumerable.Range(0, 64).Select(i => i < 32 ? 496f : 1520f)));
    }

    [Test]
    public void Launch_OfDivergedLoopsGivesEachLaneItsOwnTripCount()
    {
        using SimulatedKernel kernel = new("""
            extern "C" __global__ void test(int* out, int n) {
              int steps = 0;
              unsigned v = threadIdx.x + n;
              while (v != 1) {
                if (v % 2 == 0) { v /= 2; } else { v = 3 * v + 1; }
                if (++steps > 1000) break;
              }
              out[threadIdx.x] = steps;
            }
            """);
        nint output = kernel.Buffer(4 * 96);

        kernel.Launch(LaunchShape.Linear(1, 96), output, 1);

        Assert.That(kernel.Read<int>(output, 96), Is.EqualTo(Enumerable.Range(1, 96).Select(Collatz)));
    }

    [Test]
    public void Launch_OfCallsAndRecursionReturnsToEveryCaller()
    {
        using SimulatedKernel kernel = new("""
            __device__ __noinline__ int fibonacci(int n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }
            __device__ __noinline__ float pick(const float* p, int n) {
              float local[8];
              for (int i = 0; i < 8; i++) local[i] = p[0] * i;
              return local[n & 7];
            }
            extern "C" __global__ void test(float* out, float scale) {
              float s = scale;
              if (threadIdx.x % 3 == 0) out[threadIdx.x] = fibonacci(threadIdx.x % 10);
              else out[threadIdx.x] = pick(&s, threadIdx.x);
            }
            """);
        nint output = kernel.Buffer(4 * 40);

        kernel.Launch(LaunchShape.Linear(1, 40), output, 0.5f);

        Assert.That(
            kernel.Read<float>(output, 40),
            Is.EqualTo(Enumerable.Range(0, 40).Select(i => i % 3 == 0 ? Fibonacci(i % 10) : 0.5f * (i & 7))));
    }

    [Test]
    public void Launch_OfPrintfHandsOutText()
    {
        string printed = "";
        using SimulatedKernel kernel = new(
            """
            extern "C" __global__ void test(int n) {
              if (threadIdx.x == 2) printf("%d|%5.2f|%-4s|%04x|%lld|%c%%\n", n, 3.14159, "ab", 255, 1ll << 40, 'q');
            }
            """,
            new PtxSimulatorOptions { Printed = text => printed += text });

        kernel.Launch(LaunchShape.Linear(1, 4), -7);

        Assert.That(printed, Is.EqualTo("-7| 3.14|ab  |00ff|1099511627776|q%\n"));
    }

    [Test]
    public void Launch_OfSwitchAndTablesTakesEveryCase()
    {
        using SimulatedKernel kernel = new("""
            __constant__ int table[4] = {10, 20, 30, 40};
            __device__ int counter = 5;
            extern "C" __global__ void test(int* out) {
              int i = threadIdx.x;
              int v;
              switch (i % 7) {
                case 0: v = table[i & 3]; break;
                case 1: v = atomicAdd(&counter, 0); break;
                case 2: v = i * i; break;
                case 3: v = -i; break;
                case 4: v = __popc(i); break;
                case 5: v = i << 3; break;
                default: v = 77;
              }
              out[i] = v;
            }
            """);
        nint output = kernel.Buffer(4 * 64);

        kernel.Launch(LaunchShape.Linear(1, 64), output);

        int[] expected = [.. Enumerable.Range(0, 64).Select(i => (i % 7) switch
        {
            0 => 10 * ((i & 3) + 1),
            1 => 5,
            2 => i * i,
            3 => -i,
            4 => System.Numerics.BitOperations.PopCount((uint)i),
            5 => i << 3,
            _ => 77,
        })];
        Assert.That(kernel.Read<int>(output, 64), Is.EqualTo(expected));
    }

    [Test]
    public void Launch_OfAsyncCopiesBringsDataAtTheWait()
    {
        using SimulatedKernel kernel = new("""
            extern "C" __global__ void test(float* out, const float* x, int valid) {
              __shared__ __align__(16) float tile[2][128];
              int i = threadIdx.x;
              for (int stage = 0; stage < 2; stage++) {
                unsigned to = (unsigned)__cvta_generic_to_shared(&tile[stage][4 * i]);
                asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(x + stage * 128 + 4 * i), "r"(i < valid ? 16 : 0));
                asm volatile("cp.async.commit_group;");
              }
              asm volatile("cp.async.wait_group 1;");
              __syncthreads();
              out[i] = tile[0][i];
              asm volatile("cp.async.wait_group 0;");
              __syncthreads();
              out[32 + i] = tile[1][i];
            }
            """);
        float[] x = [.. Enumerable.Range(1, 256).Select(i => (float)i)];
        nint output = kernel.Buffer(4 * 64);

        kernel.Launch(LaunchShape.Linear(1, 32), output, kernel.Buffer<float>(x), 4);

        Assert.That(
            kernel.Read<float>(output, 64),
            Is.EqualTo(Enumerable.Range(0, 64).Select(i => i % 32 < 16 ? x[(i / 32 * 128) + (i % 32)] : 0)));
    }

    private static int Collatz(int value)
    {
        int steps = 0;
        for (; value != 1; steps++)
        {
            value = value % 2 == 0 ? value / 2 : (3 * value) + 1;
        }

        return steps;
    }

    private static int Fibonacci(int n) => n < 2 ? n : Fibonacci(n - 1) + Fibonacci(n - 2);
}
