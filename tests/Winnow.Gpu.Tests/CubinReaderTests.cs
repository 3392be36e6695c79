using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using Winnow.TestSupport;

namespace Winnow.Gpu.Tests;

internal sealed class CubinReaderTests
{
    private const string Source = """
        extern "C" __global__ void plain(float* y, const float* x) { y[threadIdx.x] = 2 * x[threadIdx.x]; }
        extern "C" __global__ void shared(float* y, const float* x) {
          __shared__ float tile[300];
          tile[threadIdx.x] = x[threadIdx.x];
          __syncthreads();
          y[threadIdx.x] = tile[299 - threadIdx.x];
        }
        extern "C" __global__ void indexed(int* y, const int* x, int n) {
          int table[64];
          for (int i = 0; i < 64; ++i) table[(i * n) & 63] = x[i];
          y[threadIdx.x] = table[(threadIdx.x * n) & 63];
        }
        """;

    [Test]
    public void Read_SaysWhatEachKernelTakes([Values("sm_80", "sm_90a")] string architecture)
    {
        Dictionary<string, KernelResources> kernels = CubinReader.Read(Compile(architecture)).ToDictionary(kernel => kernel.Kernel);

        Assert.That(kernels.Keys, Is.EquivalentTo(["plain", "shared", "indexed"]));
        Assert.That(kernels["plain"].SharedBytes, Is.Zero);
        Assert.That(kernels["plain"].LocalBytes, Is.Zero);
        Assert.That(kernels["plain"].Registers, Is.InRange(4, 32));
        Assert.That(kernels["plain"].CodeBytes, Is.GreaterThan(0).And.Not.GreaterThan(4096));

        // From sm_90 on the section counts what the system keeps for itself; a kernel declares the same on every architecture.
        Assert.That(kernels["shared"].SharedBytes, Is.EqualTo(1200));
        Assert.That(kernels["indexed"].LocalBytes, Is.EqualTo(256));
    }

    [Test]
    public void ReadParameters_SaysWhereEachOneLies()
    {
        IReadOnlyDictionary<string, (int Offset, int Bytes)[]> kernels = CubinReader.ReadParameters(Compile("sm_90a"));

        Assert.That(kernels.Keys, Is.EquivalentTo(["plain", "shared", "indexed"]));
        Assert.That(kernels["indexed"], Is.EqualTo(new[] { (0, 8), (8, 8), (16, 4) }));
    }

    [Test]
    public void Read_RefusesWhatIsNoCubin()
    {
        byte[] ptx = Compile("compute_80");

        Assert.That(() => CubinReader.Read(ptx), Throws.TypeOf<WinnowException>().With.Message.Contains("no cubin"));
        Assert.That(() => CubinReader.Read([]), Throws.TypeOf<WinnowException>());
    }

    [Test]
    public void Read_OfADamagedImageIsAnErrorAndNothingElse()
    {
        byte[] image = Compile("sm_80");
        var random = new Random(5);
        int refused = 0;
        for (int mutant = 0; mutant < 2000; mutant++)
        {
            byte[] damaged = mutant % 2 == 0 ? image[..random.Next(image.Length)] : [.. image];
            for (int change = 0; change < 8 && damaged.Length > 0; change++)
            {
                damaged[random.Next(Math.Min(damaged.Length, 4096))] = (byte)random.Next(256);
            }

            try
            {
                CubinReader.Read(damaged);
                CubinReader.ReadParameters(damaged);
            }
            catch (WinnowException)
            {
                refused++;
            }
        }

        Assert.That(refused, Is.GreaterThan(500));
    }

    private static byte[] Compile(string architecture)
    {
        NvrtcSupport.Require();
        return new KernelCompiler(cacheFolder: null).Compile(new KernelSource("t.cu", Source, new Dictionary<string, string>()), [], architecture);
    }
}
