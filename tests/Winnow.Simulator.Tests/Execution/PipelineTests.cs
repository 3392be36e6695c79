using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using Winnow.Gpu;
using Winnow.Simulator.Tests.Faults;

namespace Winnow.Simulator.Tests.Execution;

/// <summary>
/// A whole product as kernels of Hopper do it: a warpgroup that fills a ring of three stages with bulk copies, two that multiply what came. It gives the
/// product, and without any one of the lines that hand over it is found out.
/// </summary>
public sealed class PipelineTests
{
    private const int M = 128;
    private const int N = 64;
    private const int K = 64;
    private const int Steps = 7;
    private const int SharedBytes = 3 * (M + N) * K * sizeof(ushort);

    private static readonly string Kernel = HopperCode.Mbarriers + HopperCode.Copies + HopperCode.Products + Multiply() + """
        extern __shared__ __align__(1024) char stages[];
        extern "C" __global__ void test(float* out, const char* a, const char* b, int steps) {
          __shared__ u64 full[3], empty[3];
          const int aBytes = 128 * 64 * 2, bBytes = 64 * 64 * 2;
          if (threadIdx.x == 0) {
            for (int s = 0; s < 3; s++) { MBAR_INIT(full + s, 1); MBAR_INIT(empty + s, 2); }
            FENCE_INIT();
          }
          __syncthreads();
          if (threadIdx.x < 128) {
            asm volatile("setmaxnreg.dec.sync.aligned.u32 40;");
            if (threadIdx.x == 0)
              for (int j = 0; j < steps; j++) {
                char* stage = stages + j % 3 * (aBytes + bBytes);
                MBAR_WAIT(empty + j % 3, (j / 3 & 1) ^ 1);
                MBAR_EXPECT(full + j % 3, aBytes + bBytes);
                BULK_LOAD(stage, a + j * aBytes, aBytes, full + j % 3);
                BULK_LOAD(stage + aBytes, b + j * bBytes, bBytes, full + j % 3);
              }
          } else {
            asm volatile("setmaxnreg.inc.sync.aligned.u32 232;");
            int group = threadIdx.x / 128 - 1, lane = threadIdx.x % 32;
            float d[32] = {};
            for (int j = 0; j < steps; j++) {
              char* stage = stages + j % 3 * (aBytes + bBytes);
              MBAR_WAIT(full + j % 3, j / 3 & 1);
              WGMMA_FENCE();
              #pragma unroll
              for (int k = 0; k < 4; k++) {
                u64 da = (u64)(SH(stage + group * 1024 + k * 4096) >> 4) | (u64)(2048 >> 4) << 16 | (u64)(128 >> 4) << 32;
                u64 db = (u64)(SH(stage + aBytes + k * 2048) >> 4) | (u64)(1024 >> 4) << 16 | (u64)(128 >> 4) << 32;
                MULTIPLY(d, da, db);
              }
              WGMMA_COMMIT();
              WGMMA_WAIT(0);
              if (threadIdx.x % 128 == 0) MBAR_ARRIVE(empty + j % 3);
            }
            int row = group * 64 + threadIdx.x % 128 / 32 * 16 + lane / 4;
            for (int i = 0; i < 32; i++) out[(row + i / 2 % 2 * 8) * 64 + i / 4 * 8 + lane % 4 * 2 + i % 2] = d[i];
          }
        }
        """;

    /// <summary>The same with factors as they are, row by row: tensor maps put their tiles in order, and products take them so.</summary>
    private static readonly string TensorKernel = HopperCode.Tensors + Kernel
        .Replace("const char* a, const char* b,", "const __grid_constant__ Map a, const __grid_constant__ Map b,", StringComparison.Ordinal)
        .Replace("BULK_LOAD(stage, a + j * aBytes, aBytes, full + j % 3);", "TENSOR_LOAD(stage, a, j * 64, 0, full + j % 3);", StringComparison.Ordinal)
        .Replace("BULK_LOAD(stage + aBytes, b + j * bBytes, bBytes, full + j % 3);", "TENSOR_LOAD(stage + aBytes, b, j * 64, 0, full + j % 3);", StringComparison.Ordinal)
        .Replace("group * 1024 + k * 4096) >> 4) | (u64)(2048 >> 4) << 16 | (u64)(128 >> 4) << 32", "group * 8192 + k * 32) >> 4) | 64ull << 32 | 1ull << 62", StringComparison.Ordinal)
        .Replace("aBytes + k * 2048) >> 4) | (u64)(1024 >> 4) << 16 | (u64)(128 >> 4) << 32", "aBytes + k * 32) >> 4) | 64ull << 32 | 1ull << 62", StringComparison.Ordinal);

    [TestCase(false)]
    [TestCase(true)]
    public void Launch_OfPipelineGivesProduct(bool hasMaps)
    {
        Random random = new(5);
        float[] a = [.. Enumerable.Range(0, M * K * Steps).Select(_ => random.Next(-8, 9) / 4f)];
        float[] b = [.. Enumerable.Range(0, N * K * Steps).Select(_ => random.Next(-8, 9) / 4f)];
        double[] expected = new double[M * N];
        for (int i = 0; i < expected.Length; i++)
        {
            for (int k = 0; k < K * Steps; k++)
            {
                expected[i] += (double)a[(i / N * K * Steps) + k] * b[(i % N * K * Steps) + k];
            }
        }

        for (int seed = 1; seed <= 5; seed++)
        {
            float[] found = hasMaps ? RunTensors(a, b, seed, hasChecks: seed > 1) : Run(Kernel, a, b, seed);
            Assert.That(found, Is.EqualTo(expected.Select(sum => (float)sum)), $"seed {seed}");
        }
    }

    [TestCase("FENCE_INIT();", "missing-fence")]
    [TestCase("MBAR_WAIT(empty + j % 3, (j / 3 & 1) ^ 1);", "race", "missing-wait", "barrier-overflow")]
    [TestCase("MBAR_WAIT(full + j % 3, j / 3 & 1);", "missing-wait", "uninitialized")]
    [TestCase("WGMMA_FENCE();", "missing-fence")]
    [TestCase("WGMMA_COMMIT();", "missing-wait")]
    [TestCase("WGMMA_WAIT(0);", "missing-wait")]
    [TestCase("if (threadIdx.x % 128 == 0) MBAR_ARRIVE(empty + j % 3);", "deadlock")]
    [TestCase("MBAR_EXPECT(full + j % 3, aBytes + bBytes);", "deadlock")]
    [TestCase("BULK_LOAD(stage + aBytes, b + j * bBytes, bBytes, full + j % 3);", "deadlock")]
    [TestCase("asm volatile(\"setmaxnreg.dec.sync.aligned.u32 40;\");", "wrong-registers")]
    public void Launch_OfPipelineWithoutALineIsFoundUnderEverySeed(string line, params string[] kinds)
    {
        Assert.That(Kernel, Does.Contain(line));
        string faulty = Kernel.Replace("  " + line, "", StringComparison.Ordinal);
        for (int seed = 1; seed <= 5; seed++)
        {
            GpuFaultException found = Assert.Throws<GpuFaultException>(() => Run(faulty, new float[M * K * Steps], new float[N * K * Steps], seed))!;
            Assert.That(found.Kind, Is.AnyOf([.. kinds.Cast<object>()]), found.Message);
        }
    }

    /// <summary>The macro of a product of 64 columns.</summary>
    internal static string Multiply()
    {
        string list = string.Join(",", Enumerable.Range(0, 32).Select(i => $"%{i}"));
        string outputs = string.Join(", ", Enumerable.Range(0, 32).Select(i => $"\"+f\"(d[{i}])"));
        return "#define MULTIPLY(d, a, b) asm volatile(\"{.reg .pred p; setp.eq.u32 p, 0, 0; wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 "
            + $"{{{list}}}, %32, %33, p, 1, 1, 0, 0;}}\" : {outputs} : \"l\"(a), \"l\"(b) : \"memory\")\n";
    }

    /// <summary>What the pipeline does.</summary>
    internal static KernelProfile Profile(PtxSimulatorOptions options)
    {
        using SimulatedKernel test = new(Kernel, options);
        Run(test, new float[M * K * Steps], new float[N * K * Steps]);
        return test.Driver.TakeProfiles()[0];
    }

    private static float[] Run(string kernel, float[] a, float[] b, int seed)
    {
        using SimulatedKernel test = new(kernel, new PtxSimulatorOptions { Architecture = HopperCode.Architecture, Seed = seed });
        return Run(test, a, b);
    }

    private static float[] Run(SimulatedKernel test, float[] a, float[] b)
    {
        test.Driver.AllowSharedBytes(test.Function, SharedBytes + 1024);
        nint result = test.Buffer(M * N * sizeof(float));
        test.Launch(LaunchShape.Linear(1, 384, SharedBytes), result, test.Buffer<ushort>(Tiles(a, M)), test.Buffer<ushort>(Tiles(b, N)), Steps);
        return test.Read<float>(result, M * N);
    }

    private static float[] RunTensors(float[] a, float[] b, int seed, bool hasChecks)
    {
        using SimulatedKernel test = new(TensorKernel, new PtxSimulatorOptions { Architecture = HopperCode.Architecture, Seed = seed, Checks = hasChecks });
        test.Driver.AllowSharedBytes(test.Function, SharedBytes + 1024);
        nint result = test.Buffer(M * N * sizeof(float));
        test.Launch(LaunchShape.Linear(1, 384, SharedBytes), result, Map(test, a, M), Map(test, b, N), Steps);
        return test.Read<float>(result, M * N);
    }

    private static byte[] Map(SimulatedKernel test, float[] values, int rows) => test.Map(new TensorMapShape
    {
        Address = test.Buffer<ushort>([.. values.Select(value => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16))]),
        Type = TensorMapType.BFloat16,
        Dimensions = [K * Steps, rows],
        Strides = [K * Steps * sizeof(ushort)],
        Box = [K, rows],
        Swizzle = TensorMapSwizzle.Bytes128,
    });

    /// <summary>The tiles of a factor one after the other: in each, eight k after eight k, all rows with eight values in a row.</summary>
    internal static ushort[] Tiles(float[] values, int rows)
    {
        List<ushort> tiles = [];
        for (int i = 0; i < values.Length; i++)
        {
            (int step, int inTile) = (i / (rows * K), i % (rows * K));
            (int row, int k) = (inTile / 8 % rows, (step * K) + (inTile / (rows * 8) * 8) + (inTile % 8));
            tiles.Add((ushort)(BitConverter.SingleToUInt32Bits(values[(row * K * Steps) + k]) >> 16));
        }

        return [.. tiles];
    }
}
