using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using Winnow.Benchmarking.Descriptions;
using Winnow.Gpu;
using Winnow.TestSupport;

namespace Winnow.Benchmarking.Compilation;

public sealed class KernelBuildTests
{
    private const string Code = """
        struct pair { double a; int b; };
        struct half_t { unsigned short bits; };
        __global__ void saxpy(float* y, const float* __restrict__ x, float a, int n) { if (threadIdx.x < n) y[threadIdx.x] = a * x[threadIdx.x] + y[threadIdx.x]; }
        extern "C" __global__ void __launch_bounds__(128) strange(double* out, pair p, half_t h, unsigned char c, long long l, double d) {
          __shared__ float s[100];
          s[threadIdx.x] = p.a + c + l + d + h.bits; __syncthreads(); out[threadIdx.x] = s[99 - threadIdx.x];
        }
        extern "C" __global__ void nothing() {}
        template <int N> __global__ void twice(int* x) { *x = N; }
        template __global__ void twice<1>(int*);
        template __global__ void twice<2>(int*);
        """;

    private static readonly KernelCompiler Compiler = new();

    private static readonly KernelSource Source = new("test.cu", Code, new Dictionary<string, string>());

    [SetUp]
    public void RequireNvrtc() => NvrtcSupport.Require();

    [Test]
    public void Entries_AreThoseOfTheSourceWithWhatTheyTake()
    {
        Dictionary<string, KernelEntry> entries = KernelBuild.Entries(Compiler, Source, [], "sm_80").Where(entry => entry.Name != "twice").ToDictionary(entry => entry.Name);

        Assert.That(entries.Keys, Is.EquivalentTo(new[] { "saxpy", "strange", "nothing" }));
        Assert.That(entries["saxpy"].Parameters.Select(parameter => parameter.Bytes), Is.EqualTo(new[] { 8, 8, 4, 4 }));
        Assert.That(entries["saxpy"].Parameters.Select(parameter => parameter.IsFloat), Is.EqualTo(new[] { false, false, true, false }));
        Assert.That(entries["strange"].Parameters.Select(parameter => parameter.Bytes), Is.EqualTo(new[] { 8, 16, 2, 1, 8, 8 }));
        Assert.That(entries["strange"].Parameters.Select(parameter => parameter.IsStruct), Is.EqualTo(new[] { false, true, true, false, false, false }));
        Assert.That((entries["strange"].MaxThreads, entries["saxpy"].MaxThreads), Is.EqualTo((128, 0)));
        Assert.That(entries["nothing"].Parameters, Is.Empty);
    }

    [Test]
    public void Of_AKernelSaysWhatTheAssemblerGaveIt([Values("sm_80", "sm_90a")] string architecture)
    {
        KernelBuild build = KernelBuild.Of(Compiler, Source, "strange", [], architecture);

        Assert.That(build.Resources!.SharedBytes, Is.EqualTo(400));
        Assert.That(build.Resources.Registers, Is.InRange(4, 64));
        Assert.That(build.Resources.CodeBytes, Is.Positive);
        Assert.That(KernelBuild.Of(Compiler, Source, "saxpy", [], "compute_80").Resources, Is.Null, "PTX is not assembled");
    }

    [TestCase("missing", "has no kernel 'missing'; its kernels are")]
    [TestCase(null, "has 5 kernels; say which")]
    [TestCase("twice", "has 2 kernels 'twice', of other parameters; say which by its symbol: _Z5twiceILi")]
    public void Of_AKernelThatIsNotClearListsWhatThereIs(string? name, string problem)
    {
        Assert.That(() => KernelBuild.Of(Compiler, Source, name, [], "sm_80"), Throws.TypeOf<WinnowException>().With.Message.Contains(problem));
    }

    [Test]
    public void Of_ASourceWithoutKernelsSaysSo()
    {
        KernelSource empty = new("empty.cu", "__device__ int f() { return 1; }", new Dictionary<string, string>());

        Assert.That(() => KernelBuild.Of(Compiler, empty, null, [], "sm_80"), Throws.TypeOf<WinnowException>().With.Message.Contains("has no kernel: nothing in it is __global__"));
    }

    [TestCase("inout y: f32[n]; in x: f32[n]; a: f32 = 2; n: i32 = n", "", "")]
    [TestCase("inout y: f32[n]; in x: f32[n]; a: f32 = 2; n: i64 = n", "arguments[3]", "argument 4 'n' is 8 bytes, and the kernel takes 4")]
    [TestCase("inout y: f32[n]; in x: f32[n]; n: i32 = n; a: f32 = 2", "arguments[2]", "argument 3 'n' is i32, and the kernel takes f32")]
    [TestCase("inout y: f32[n]; a: f32 = 2; in x: f32[n]; n: i32 = n", "arguments[1]", "argument 2 'a' is 4 bytes, and the kernel takes 8")]
    [TestCase("inout y: f32[n]; in x: f32[n]; in a: f32[1]; n: i32 = n", "arguments[2]", "argument 3 'a' is memory, and the kernel takes f32 by value there")]
    [TestCase("inout y: f32[n]; in x: f32[n]; a: f32 = 2", "arguments", "the kernel saxpy takes 4 arguments, and 3 are described: y, x, a")]
    public void Of_ADescriptionThatDoesNotFitSaysWhere(string arguments, string field, string problem)
    {
        KernelDescription description = new()
        {
            Source = Source,
            Kernel = "saxpy",
            Axes = new Dictionary<string, long> { ["n"] = 8 },
            Grid = ["1"],
            Block = ["n"],
            Arguments = arguments.Split("; "),
        };
        if (problem.Length == 0)
        {
            Assert.That(KernelBuild.Of(Compiler, description, description.Plan(), "compute_80").Entry.Name, Is.EqualTo("saxpy"));
            return;
        }

        KernelDescriptionException exception = Assert.Throws<KernelDescriptionException>(() => KernelBuild.Of(Compiler, description, description.Plan(), "compute_80"))!;
        Assert.That(exception.Field, Is.EqualTo(field));
        Assert.That(exception.Message, Does.Contain(problem));
    }
}
