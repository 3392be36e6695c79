using System;
using System.Linq;
using NUnit.Framework;
using Winnow.Gpu;
using Winnow.Simulator.Tests.Execution;

namespace Winnow.Simulator.Tests.Operations;

/// <summary>What bytes mean to <c>wgmma</c>, code for code, and how far its sums of integers go.</summary>
public sealed class ByteProductTests
{
    private const int M = 64;
    private const int N = 8;
    private const int K = 32;

    [Test]
    public void Launch_OfEveryFloatOf8BitsTimesOneGivesItsValue([Values("e4m3", "e5m2")] string type)
    {
        byte one = (byte)(type == "e4m3" ? 0x38 : 0x3C);
        byte[] a = new byte[M * K];
        byte[] b = new byte[N * K];
        for (int i = 0; i < M * N; i++)
        {
            a[(i / N * K) + (i % N)] = (byte)i;
            b[(i % N * K) + (i % N)] = one;
        }

        // A row that has a NaN or an infinity is NaN elsewhere, where that is multiplied by 0.
        int[] found = Run($"f32.{type}.{type}", isInteger: false, a, b, 0);

        for (int i = 0; i < M * N; i++)
        {
            bool isFinite = Enumerable.Range(0, N).All(n => double.IsFinite(ValueOf(type, a[(i / N * K) + n])));
            Assert.That((double)BitConverter.Int32BitsToSingle(found[i]), Is.EqualTo(isFinite ? ValueOf(type, (byte)i) : double.NaN), $"code {i % 256:x2}");
        }
    }

    [TestCase("s32.s8.s8", 127, 127, int.MaxValue - 100)]
    [TestCase("s32.s8.s8", -128, 127, int.MinValue + 100)]
    [TestCase("s32.u8.u8", 255, 255, 7)]
    [TestCase("s32.u8.s8", 255, -128, -7)]
    public void Launch_OfIntegersWrapsAroundOrStops(string types, int a, int b, int before)
    {
        long sum = before + ((long)K * a * b);
        byte[] left = [.. Enumerable.Repeat((byte)a, M * K)];
        byte[] right = [.. Enumerable.Repeat((byte)b, N * K)];

        Assert.That(Run(types, isInteger: true, left, right, before), Is.All.EqualTo(unchecked((int)sum)));
        Assert.That(Run($"satfinite.{types}", isInteger: true, left, right, before), Is.All.EqualTo((int)Math.Clamp(sum, int.MinValue, int.MaxValue)));
    }

    /// <summary>The value of a code by the definition of the type.</summary>
    private static double ValueOf(string type, byte code)
    {
        (int bits, int bias) = type == "e4m3" ? (3, 7) : (2, 15);
        int exponent = (code & 0x7F) >> bits;
        double fraction = (code & ((1 << bits) - 1)) / (double)(1 << bits);
        double size = (type, exponent, fraction) switch
        {
            ("e4m3", 15, 0.875) => double.NaN,
            ("e5m2", 31, 0) => double.PositiveInfinity,
            ("e5m2", 31, _) => double.NaN,
            (_, 0, _) => fraction * Math.Pow(2, 1 - bias),
            _ => (1 + fraction) * Math.Pow(2, exponent - bias),
        };
        return (code & 0x80) != 0 ? -size : size;
    }

    /// <summary>Factors lie without a swizzle: eight rows of 16 k after each other, all rows, then the next 16 k.</summary>
    private static int[] Run(string types, bool isInteger, byte[] a, byte[] b, int before)
    {
        string kernel = $$"""
            typedef unsigned long long u64;
            __device__ u64 describe(const void* p, int rows) {
              return (u64)((unsigned)__cvta_generic_to_shared(p) >> 4) | (u64)(rows * 16 >> 4) << 16 | (u64)(128 >> 4) << 32;
            }
            extern "C" __global__ void test(int* out, const char* a, const char* b, int before) {
              __shared__ __align__(128) char sa[2048], sb[256];
              for (int i = threadIdx.x; i < 2048; i += 128) sa[i % 32 / 16 * 1024 + i / 32 * 16 + i % 16] = a[i];
              for (int i = threadIdx.x; i < 256; i += 128) sb[i % 32 / 16 * 128 + i / 32 * 16 + i % 16] = b[i];
              asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
              __syncthreads();
              int d[4] = { before, before, before, before };
              asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
              asm volatile("{.reg .pred p; setp.eq.u32 p, 0, 0; wgmma.mma_async.sync.aligned.m64n8k32.{{types}} {%0,%1,%2,%3}, %4, %5, p{{(isInteger ? "" : ", 1, 1")}};}"
                : "+r"(d[0]), "+r"(d[1]), "+r"(d[2]), "+r"(d[3]) : "l"(describe(sa, 64)), "l"(describe(sb, 8)) : "memory");
              asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
              asm volatile("wgmma.wait_group.sync.aligned 0;" ::: "memory");
              int lane = threadIdx.x % 32, row = threadIdx.x / 32 * 16 + lane / 4;
              for (int i = 0; i < 4; i++) out[(row + i / 2 * 8) * 8 + lane % 4 * 2 + i % 2] = d[i];
            }
            """;
        using SimulatedKernel test = new(kernel, new PtxSimulatorOptions { Architecture = "compute_90a" });
        nint result = test.Buffer(M * N * sizeof(int));
        test.Launch(LaunchShape.Linear(1, 128), result, test.Buffer<byte>(a), test.Buffer<byte>(b), before);
        return test.Read<int>(result, M * N);
    }
}
