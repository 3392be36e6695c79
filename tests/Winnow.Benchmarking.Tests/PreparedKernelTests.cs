using System;
using System.IO;
using System.Linq;
using NUnit.Framework;
using Winnow.Benchmarking.Descriptions;
using Winnow.Formats;
using Winnow.Formats.Safetensors;
using Winnow.Gpu;
using Winnow.Simulator;
using Winnow.TestSupport;

namespace Winnow.Benchmarking;

public sealed class PreparedKernelTests
{
    private PtxSimulator _simulator = null!;

    [SetUp]
    public void Open()
    {
        NvrtcSupport.Require();
        _simulator = new PtxSimulator();
    }

    [TearDown]
    public void Close() => _simulator.Dispose();

    [Test]
    public void Run_ComputesFromTheFirstValues()
    {
        using PreparedKernel kernel = Prepare(Kernels.Saxpy);
        double[] y = kernel.Read("y");
        double[] x = kernel.Read("x");

        kernel.Run();

        Assert.That(kernel.Read("y"), Is.EqualTo(y.Zip(x, (before, factor) => (double)MathF.FusedMultiplyAdd(2.5f, (float)factor, (float)before))));
        kernel.Reset();
        Assert.That(kernel.Read("y"), Is.EqualTo(y));
    }

    [Test]
    public void Run_PassesScalarsOfEverySizeInTheirPlaces()
    {
        KernelDescription description = Kernels.Describe(
            """
            __global__ void k(double* out, unsigned char a, double b, short c, int d, signed char e, unsigned long long f, float g) {
              double values[] = {double(a), b, double(c), double(d), double(e), double(f), double(g)};
              out[threadIdx.x] = values[threadIdx.x];
            }
            """,
            """
            "grid": 1, "block": 7, "arguments":
              ["out out: f64[7]", "a: u8 = 200", "b: f64 = 1 / 3", "c: i16 = -5", "d: i32 = -7", "e: i8 = -100", "f: u64 = 5000000000", "g: f32 = 0.5"]
            """);
        using PreparedKernel kernel = Prepare(description);

        kernel.Run();

        Assert.That(kernel.Read("out"), Is.EqualTo(new[] { 200, 1 / 3.0, -5, -7, -100, 5e9, 0.5 }));
    }

    [Test]
    public void Run_OfAKernelWithMuchSharedMemoryMayHaveIt()
    {
        KernelDescription description = Kernels.Describe(
            """
            __global__ void k(int* out) {
              extern __shared__ int tile[];
              tile[threadIdx.x + 25000] = threadIdx.x;
              out[threadIdx.x] = tile[threadIdx.x + 25000];
            }
            """,
            "\"grid\": 1, \"block\": 32, \"shared\": \"25032 * 4\", \"arguments\": [\"out out: i32[32]\"]");
        using PreparedKernel kernel = Prepare(description);

        kernel.Run();

        Assert.That(kernel.Read("out"), Is.EqualTo(Enumerable.Range(0, 32).Select(i => (double)i)));
    }

    [Test]
    public void PoisonOutputs_ShowsWhatAKernelLeavesOut()
    {
        KernelDescription description = Kernels.Describe(
            "__global__ void k(float* out) { if (threadIdx.x != 3) out[threadIdx.x] = 1; }", "\"grid\": 1, \"block\": 5, \"arguments\": [\"out out: f32[5]\"]");
        using PreparedKernel kernel = Prepare(description);

        kernel.PoisonOutputs();
        kernel.Run();

        Assert.That(kernel.Read("out"), Is.EqualTo(new[] { 1, 1, 1, double.NaN, 1 }));
    }

    [Test]
    public void Prepare_WithAnotherKernelsInputsTakesItsValuesAsThatOneHasThem()
    {
        KernelDescription exact = Kernels.Describe(
            "__global__ void k(double* y, const double* x, double a) {}",
            "\"grid\": 1, \"block\": 1, \"arguments\": [\"inout y: f64[1000]\", \"in x: f64[1000]\", \"a: f64 = 7\"]");
        using PreparedKernel kernel = Prepare(Kernels.Saxpy);
        using PreparedKernel reference = new(_simulator, Kernels.Compiler, exact, kernel);

        Assert.That(reference.Read("x"), Is.EqualTo(kernel.Read("x")));
        Assert.That(reference.Read("y"), Is.EqualTo(kernel.Read("y")));
    }

    [Test]
    public void Prepare_WithFilesReadsThem()
    {
        using TemporaryFolder folder = new();
        File.WriteAllBytes(folder["x.bin"], [1, 2, 250]);
        SafetensorsWriter writer = new();
        writer.AddFloats("w", TensorType.F16, [2, 2], new float[] { 0.5f, 1, 2, -4 });
        writer.Write(folder["w.safetensors"]);
        KernelDescription description = Files(folder, "in x: u8[3] = file(x.bin)", "in w: f16[4] = file(w.safetensors)");

        using PreparedKernel kernel = Prepare(description);

        Assert.That(kernel.Read("x"), Is.EqualTo(new[] { 1.0, 2, 250 }));
        Assert.That(kernel.Read("w"), Is.EqualTo(new[] { 0.5, 1, 2, -4 }));
        Fails("x.bin has 3 bytes, and x: u8[4] needs 4", "in x: u8[4] = file(x.bin)", "in w: f16[4]");
        Fails("has no tensor 'v'; it has w.", "in x: u8[3]", "in w: f16[4] = file(w.safetensors, v)");
        Fails("has 'w' as f16[2, 2], and w: f32[4] is wanted", "in x: u8[3]", "in w: f32[4] = file(w.safetensors)");
        Fails("no.bin: there is no such file", "in x: u8[3] = file(no.bin)", "in w: f16[4]");

        void Fails(string problem, string x, string w) =>
            Assert.That(() => Prepare(Files(folder, x, w)), Throws.TypeOf<KernelDescriptionException>().With.Message.Contains(problem));
    }

    [Test]
    public void Prepare_OfMoreMemoryThanThereIsSaysSoBeforeAnythingIsAllocated()
    {
        KernelDescription description = Kernels.Saxpy.WithAxes([new("n", 1L << 42)]) with { Grid = ["1"], Arguments = ["inout y: f32[n]", "in x: f32[n]", "a: f32 = 1", "n: i32 = 1"] };

        Assert.That(() => Prepare(description), Throws.TypeOf<OutOfDeviceMemoryException>().With.Message.Contains("axes").And.Message.Contains("the largest argument is "));
    }

    [Test]
    public void Prepare_OfMoreSharedMemoryThanABlockCanHaveNamesTheField()
    {
        KernelDescription description = Kernels.Saxpy with { Shared = "1024 * 1024" };

        Assert.That(
            () => Prepare(description),
            Throws.TypeOf<KernelDescriptionException>().With.Message.Contains("shared: 1048576 bytes").And.Message.Contains("that a block can have"));
    }

    [Test]
    public void Run_OfAFaultyKernelIsAFinding()
    {
        KernelDescription description = Kernels.Saxpy with { Arguments = ["inout y: f32[n - 1]", "in x: f32[n]", "a: f32 = 1", "n: i32 = n"] };
        using PreparedKernel kernel = Prepare(description);

        Assert.That(kernel.Run, Throws.TypeOf<GpuFaultException>().With.Property("Kind").EqualTo("out-of-bounds").And.Property("Line").EqualTo(3));
    }

    [Test]
    public void Use_OfWhatIsNotThereSaysSo()
    {
        PreparedKernel kernel = Prepare(Kernels.Saxpy);

        Assert.That(() => kernel.Read("a"), Throws.ArgumentException.With.Message.Contains("'a' is no argument in memory; there are y, x."));
        kernel.Dispose();
        foreach (Action use in new Action[] { kernel.Run, kernel.Reset, kernel.PoisonOutputs, () => kernel.Read("y"), () => kernel.Restore(kernel.Stream) })
        {
            Assert.That(() => use(), Throws.TypeOf<ObjectDisposedException>());
        }
    }

    private static KernelDescription Files(TemporaryFolder folder, string x, string w) =>
        Kernels.Describe("__global__ void k(const unsigned char* x, const void* w) {}", $"\"grid\": 1, \"block\": 1, \"arguments\": [\"{x}\", \"{w}\"]") with { Folder = folder.Root };

    private PreparedKernel Prepare(KernelDescription description) => new(_simulator, Kernels.Compiler, description);
}
