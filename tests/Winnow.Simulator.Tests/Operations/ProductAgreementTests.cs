using System;
using System.Globalization;
using System.Linq;
using NUnit.Framework;
using Winnow.Gpu;
using Winnow.Simulator.Tests.Execution;

namespace Winnow.Simulator.Tests.Operations;

/// <summary>
/// On Hopper a chain of <c>wgmma</c> and a chain of <c>mma.sync</c> over the same inputs give the same bits, whether the first factor is in shared memory or in
/// registers: kernels that multiply with one and with the other agree.
/// </summary>
public sealed class ProductAgreementTests
{
    private const int M = 64;
    private const int N = 16;
    private const int K = 128;

    [Test]
    [Combinatorial]
    public void Launch_OfBothChainsGivesTheSameBits([Values("bf16", "f16")] string type, [Values] bool isFragment, [Values(0, 12)] int exponents)
    {
        using SimulatedKernel test = new(Kernel(type, isFragment), new PtxSimulatorOptions { Architecture = "compute_90a" });
        Random random = new(exponents);
        ushort[] a = Values(random, type, M * K, exponents);
        ushort[] b = Values(random, type, N * K, exponents);
        nint first = test.Buffer(M * N * sizeof(uint));
        nint second = test.Buffer(M * N * sizeof(uint));
        test.Launch(LaunchShape.Linear(1, 128), first, second, test.Buffer<ushort>(a), test.Buffer<ushort>(b));
        Assert.That(test.Read<uint>(first, M * N), Is.EqualTo(test.Read<uint>(second, M * N)));
    }

    /// <summary>Numbers between -1 and 1, or with exponents so far apart that a sum is cut in each step.</summary>
    private static ushort[] Values(Random random, string type, int count, int exponents) =>
    [
        .. Enumerable.Range(0, count).Select(_ =>
        {
            float value = ((2 * random.NextSingle()) - 1) * MathF.ScaleB(1, random.Next(-exponents, exponents + 1));
            return type == "f16" ? BitConverter.HalfToUInt16Bits((Half)value) : (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16);
        }),
    ];

    /// <summary>Factors lie without a swizzle: eight rows of eight k after each other, all rows of eight k, then the next.</summary>
    private static string Kernel(string type, bool isFragment)
    {
        string multiply = isFragment
            ? $"wgmma.mma_async.sync.aligned.m64n16k16.f32.{type}.{type} {{%0,%1,%2,%3,%4,%5,%6,%7}}, {{%8,%9,%10,%11}}, %12, p, 1, 1, 0;"
            : $"wgmma.mma_async.sync.aligned.m64n16k16.f32.{type}.{type} {{%0,%1,%2,%3,%4,%5,%6,%7}}, %8, %9, p, 1, 1, 0, 0;";
        string operands = isFragment ? "\"r\"(f[0]), \"r\"(f[1]), \"r\"(f[2]), \"r\"(f[3]), \"l\"(db)" : "\"l\"(da), \"l\"(db)";
        return string.Create(CultureInfo.InvariantCulture, $$"""
            typedef unsigned long long u64;
            __device__ u64 describe(const void* p, int rows) {
              return (u64)((unsigned)__cvta_generic_to_shared(p) >> 4) | (u64)(rows * 16 >> 4) << 16 | (u64)(128 >> 4) << 32;
            }
            extern "C" __global__ void test(float* first, float* second, const unsigned short* a, const unsigned short* b) {
              __shared__ __align__(128) unsigned short sa[{{M * K}}], sb[{{N * K}}];
              for (int i = threadIdx.x; i < {{M * K}}; i += 128) sa[i % {{K}} / 8 * {{M * 8}} + i / {{K}} * 8 + i % 8] = a[i];
              for (int i = threadIdx.x; i < {{N * K}}; i += 128) sb[i % {{K}} / 8 * {{N * 8}} + i / {{K}} * 8 + i % 8] = b[i];
              asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
              __syncthreads();
              int lane = threadIdx.x % 32, row = threadIdx.x / 32 * 16 + lane / 4;
              float d[8] = {}, e[8] = {};
              unsigned f[4] = {};
              #pragma unroll
              for (int k = 0; k < {{K}}; k += 16) {
                for (int i = 0; i < 4; i++) f[i] = *(const unsigned*)(a + (row + i % 2 * 8) * {{K}} + k + i / 2 * 8 + lane % 4 * 2);
                u64 da = describe(sa + k * {{M}}, {{M}}), db = describe(sb + k * {{N}}, {{N}});
                asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
                asm volatile("{.reg .pred p; setp.ne.u32 p, %{{(isFragment ? 13 : 10)}}, 0; {{multiply}}}"
                  : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]), "+f"(d[4]), "+f"(d[5]), "+f"(d[6]), "+f"(d[7]) : {{operands}}, "r"(k) : "memory");
                asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
                asm volatile("wgmma.wait_group.sync.aligned 0;" ::: "memory");
                for (int n = 0; n < 2; n++) {
                  const unsigned* column = (const unsigned*)(b + (n * 8 + lane / 4) * {{K}} + k + lane % 4 * 2);
                  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.{{type}}.{{type}}.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
                    : "+f"(e[4 * n]), "+f"(e[4 * n + 1]), "+f"(e[4 * n + 2]), "+f"(e[4 * n + 3])
                    : "r"(f[0]), "r"(f[1]), "r"(f[2]), "r"(f[3]), "r"(column[0]), "r"(column[4]));
                }
              }
              for (int i = 0; i < 8; i++) {
                int at = (row + i / 2 % 2 * 8) * {{N}} + i / 4 * 8 + lane % 4 * 2 + i % 2;
                first[at] = d[i];
                second[at] = e[i];
              }
            }
            """);
    }
}
