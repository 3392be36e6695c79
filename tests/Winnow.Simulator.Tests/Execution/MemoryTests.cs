using System;
using System.Linq;
using NUnit.Framework;
using Winnow.Gpu;

namespace Winnow.Simulator.Tests.Execution;

/// <summary>State spaces, widths and atomics.</summary>
public sealed class MemoryTests
{
    [Test]
    public void Loads_OfEveryWidthExtendTheirSign()
    {
        using SimulatedKernel kernel = new("""
            extern "C" __global__ void test(long long* out, const unsigned char* in) {
              int i = 0;
              out[i++] = *(const signed char*)(in + 1);
              out[i++] = *(const unsigned char*)(in + 1);
              out[i++] = *(const short*)(in + 2);
              out[i++] = *(const unsigned short*)(in + 2);
              out[i++] = *(const int*)(in + 4);
              out[i++] = *(const unsigned*)(in + 4);
              out[i++] = *(const long long*)(in + 8);
              const volatile signed char* v = (const volatile signed char*)in;
              short s = v[1];
              out[i++] = (unsigned short)s;
            }
            """);
        byte[] bytes = [1, 0x80, 0x01, 0xFF, 0x02, 0, 0, 0xF0, 1, 2, 3, 4, 5, 6, 7, 0x88];
        nint output = kernel.Buffer(64);

        kernel.Launch(LaunchShape.Linear(1, 1), output, kernel.Buffer<byte>(bytes));

        long[] expected =
        [
            -128, 128, unchecked((short)0xFF01), 0xFF01, unchecked((int)0xF0000002), 0xF0000002, BitConverter.ToInt64(bytes, 8), 0xFF80,
        ];
        Assert.That(kernel.Read<long>(output, 8), Is.EqualTo(expected));
    }

    [Test]
    public void Stores_OfEveryWidthTouchNothingElse()
    {
        using SimulatedKernel kernel = new("""
            extern "C" __global__ void test(unsigned char* out) {
              *(unsigned char*)(out + 1) = 0x11;
              *(unsigned short*)(out + 4) = 0x2222;
              *(unsigned*)(out + 8) = 0x33333333;
              *(unsigned long long*)(out + 16) = 0x4444444444444444ull;
              *(uint4*)(out + 32) = make_uint4(1, 2, 3, 4);
            }
            """);
        nint output = kernel.Buffer<byte>(new byte[48]);

        kernel.Launch(LaunchShape.Linear(1, 1), output);

        byte[] expected = new byte[48];
        expected[1] = 0x11;
        expected.AsSpan(4, 2).Fill(0x22);
        expected.AsSpan(8, 4).Fill(0x33);
        expected.AsSpan(16, 8).Fill(0x44);
        (expected[32], expected[36], expected[40], expected[44]) = (1, 2, 3, 4);
        Assert.That(kernel.Read<byte>(output, 48), Is.EqualTo(expected));
    }

    [Test]
    public void GenericPointers_LeadToEverySpaceAtOnce()
    {
        using SimulatedKernel kernel = new("""
            __constant__ int constants[2] = {5, 6};
            extern "C" __global__ void test(int* out, int* in, int which) {
              __shared__ int tile[2];
              int local[2] = {3 + which, 4};
              if (threadIdx.x == 0) { tile[0] = 1; tile[1] = 2; }
              __syncthreads();
              int choice = (threadIdx.x + which) % 4;
              int* p = choice == 0 ? tile : choice == 1 ? local : choice == 2 ? in : (int*)constants;
              out[threadIdx.x] = p[which + 1];
            }
            """);
        nint output = kernel.Buffer(4 * 32);

        kernel.Launch(LaunchShape.Linear(1, 32), output, kernel.Buffer<int>(7, 8), 0);

        int[] values = [2, 4, 8, 6];
        Assert.That(kernel.Read<int>(output, 32), Is.EqualTo(Enumerable.Range(0, 32).Select(i => values[i % 4])));
    }

    [Test]
    public void Atomics_AcrossBlocksLoseNothing()
    {
        using SimulatedKernel kernel = new("""
            extern "C" __global__ void test(int* i, unsigned long long* l, float* f, double* d) {
              int n = threadIdx.x + blockIdx.x * blockDim.x;
              atomicAdd(i, 1);
              atomicSub(i + 1, 1);
              atomicMin(i + 2, -n);
              atomicMax(i + 3, n);
              atomicOr((unsigned*)i + 4, 1u << (n & 31));
              atomicAnd((unsigned*)i + 5, ~(1u << (n & 7)));
              atomicXor((unsigned*)i + 6, n);
              atomicInc((unsigned*)i + 7, 9);
              atomicAdd(l, 3ull);
              atomicMax(l + 1, (unsigned long long)n << 33);
              atomicAdd(f, 0.5f);
              atomicAdd(d, 0.25);
            }
            """);
        nint ints = kernel.Buffer<int>(0, 0, 0, 0, 0, -1, 0, 0);
        nint longs = kernel.Buffer<ulong>(0, 0);
        nint single = kernel.Buffer<float>(0);
        nint number = kernel.Buffer<double>(0);

        kernel.Launch(LaunchShape.Linear(20, 128), ints, longs, single, number);

        const int Count = 2560;
        int xor = Enumerable.Range(0, Count).Aggregate(0, (a, b) => a ^ b);
        Assert.That(kernel.Read<int>(ints, 8), Is.EqualTo(new[] { Count, -Count, 1 - Count, Count - 1, -1, ~0xFF, xor, Count % 10 }));
        Assert.That(kernel.Read<ulong>(longs, 2), Is.EqualTo(new[] { 3ul * Count, (ulong)(Count - 1) << 33 }));
        Assert.That(kernel.Read<float>(single, 1)[0], Is.EqualTo(0.5f * Count));
        Assert.That(kernel.Read<double>(number, 1)[0], Is.EqualTo(0.25 * Count));
    }

    [Test]
    public void CompareAndSwap_MakesALockOfOneLaneAWarp()
    {
        using SimulatedKernel kernel = new("""
            extern "C" __global__ void test(int* lock, int* total) {
              if (threadIdx.x % 32 == 0) {
                while (atomicCAS(lock, 0, 1) != 0) {}
                __threadfence();
                int v = *(volatile int*)total;
                *(volatile int*)total = v + 1;
                __threadfence();
                atomicExch(lock, 0);
              }
            }
            """);
        nint total = kernel.Buffer<int>(0);

        kernel.Launch(LaunchShape.Linear(6, 256), kernel.Buffer<int>(0), total);

        Assert.That(kernel.Read<int>(total, 1)[0], Is.EqualTo(48));
    }

    [Test]
    public void LastBlock_SeesWhatAllOthersWrote()
    {
        using SimulatedKernel kernel = new("""
            extern "C" __global__ void test(unsigned* count, float* parts, float* total) {
              __shared__ bool isLast;
              if (threadIdx.x == 0) {
                parts[blockIdx.x] = blockIdx.x;
                __threadfence();
                isLast = atomicAdd(count, 1) == gridDim.x - 1;
              }
              __syncthreads();
              if (isLast && threadIdx.x == 0) {
                __threadfence();
                float sum = 0;
                for (int i = 0; i < gridDim.x; i++) sum += *(volatile float*)(parts + i);
                total[0] = sum;
              }
            }
            """);
        nint total = kernel.Buffer(4);

        kernel.Launch(LaunchShape.Linear(50, 64), kernel.Buffer<uint>(0), kernel.Buffer(200), total);

        Assert.That(kernel.Read<float>(total, 1)[0], Is.EqualTo(1225f));
    }

    [TestCase("out[i] = i;", 17)]
    [TestCase("in[0] = out[i];", 0)]
    [TestCase("((char*)out)[i + 60] = 1;", 8)]
    public void Accesses_OfAWholeWarpAcrossTheEndNameTheFirstLaneOutside(string access, int thread)
    {
        using SimulatedKernel kernel = new($$"""
            extern "C" __global__ void test(int* out, int* in) { int i = threadIdx.x; {{access}} }
            """);
        nint output = kernel.Buffer(17 * 4);

        GpuFaultException found = Assert.Throws<GpuFaultException>(() => kernel.Launch(LaunchShape.Linear(1, 32), output, kernel.Buffer<int>(1)))!;

        Assert.That(found.Kind, Is.EqualTo(thread > 0 ? "out-of-bounds" : "uninitialized"));
        Assert.That(found.Thread, Is.EqualTo((thread, 0, 0)));
    }

    [Test]
    public void MatrixLoads_HandOutRowsAndColumns()
    {
        using SimulatedKernel kernel = new("""
            extern "C" __global__ void test(unsigned* out, const unsigned short* in) {
              __shared__ __align__(16) unsigned short tile[256];
              for (int i = threadIdx.x; i < 256; i += 32) tile[i] = in[i];
              __syncthreads();
              unsigned at = (unsigned)__cvta_generic_to_shared(tile + 8 * threadIdx.x);
              unsigned r[4], t[4];
              asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];" : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(at));
              asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];" : "=r"(t[0]), "=r"(t[1]), "=r"(t[2]), "=r"(t[3]) : "r"(at));
              for (int i = 0; i < 4; i++) { out[i * 32 + threadIdx.x] = r[i]; out[128 + i * 32 + threadIdx.x] = t[i]; }
            }
            """);
        ushort[] tile = [.. Enumerable.Range(0, 256).Select(i => (ushort)(i * 3))];
        nint output = kernel.Buffer(1024);

        kernel.Launch(LaunchShape.Linear(1, 32), output, kernel.Buffer<ushort>(tile));

        uint[] values = kernel.Read<uint>(output, 256);
        for (int lane = 0; lane < 32; lane++)
        {
            for (int matrix = 0; matrix < 4; matrix++)
            {
                int at = matrix * 64;
                int row = lane / 4;
                int column = lane % 4 * 2;
                uint straight = tile[at + (row * 8) + column] | ((uint)tile[at + (row * 8) + column + 1] << 16);
                uint turned = tile[at + (column * 8) + row] | ((uint)tile[at + ((column + 1) * 8) + row] << 16);
                Assert.That(values[(matrix * 32) + lane], Is.EqualTo(straight));
                Assert.That(values[128 + (matrix * 32) + lane], Is.EqualTo(turned));
            }
        }
    }
}
