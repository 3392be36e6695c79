using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using NUnit.Framework;
using Winnow.TestSupport;

namespace Winnow.Gpu;

/// <summary>Sources to images through the real NVRTC.</summary>
public sealed class KernelCompilerTests
{
    private const string Text = """
        #include "common/scale.cuh"

        extern "C" __global__ void winnow_scale(float* out, const float* in) {
          out[threadIdx.x] = scale(in[threadIdx.x]);
        }
        """;

    private static readonly Dictionary<string, string> Headers = new()
    {
        ["common/scale.cuh"] = "#include \"common/factor.cuh\"\n__device__ float scale(float x) { return x * kFactor; }\n",
        ["common/factor.cuh"] = "constexpr float kFactor = FACTOR;\n",
        ["common/unused.cuh"] = "this is not C++\n",
    };

    private static readonly KernelSource Source = new("norm/scale.cu", Text, Headers);

    [SetUp]
    public void RequireNvrtc() => NvrtcSupport.Require();

    [Test]
    public void Compile_ForAVirtualArchitectureGivesPtxText()
    {
        string ptx = Encoding.UTF8.GetString(new KernelCompiler(null).Compile(Source, ["FACTOR=2.5f"], "compute_80"));

        Assert.That(ptx, Does.Contain(".target sm_80").And.Contain(".entry winnow_scale").And.Contain("\"norm/scale.cu\"").And.Contain("\"common/scale.cuh\""));
        Assert.That(ptx, Does.Contain("0f40200000"), "2.5 as PTX writes it");
        Assert.That(ptx.IndexOf('\0'), Is.Negative);
    }

    [Test]
    public void Compile_OfAZeroByteIsRefusedBecauseTheRestWouldBeLeftOut()
    {
        KernelSource source = new("cut.cu", "__global__ void first() {}\n\0__global__ void second() {}\n", new Dictionary<string, string>());
        KernelSource header = new("cut.cu", "#include \"cut.cuh\"\n", new Dictionary<string, string> { ["cut.cuh"] = "\0" });

        KernelCompileException exception = Assert.Throws<KernelCompileException>(() => new KernelCompiler(null).Compile(source, [], "compute_80"))!;
        Assert.That((exception.File, exception.Line, exception.Log.Contains("a zero byte")), Is.EqualTo(("cut.cu", 2, true)));
        Assert.That(() => new KernelCompiler(null).Compile(header, [], "compute_80"), Throws.TypeOf<KernelCompileException>().With.Property("File").EqualTo("cut.cuh"));
    }

    [TestCase("sm_80")]
    [TestCase("sm_86")]
    [TestCase("sm_89")]
    [TestCase("sm_90a")]
    public void Compile_ForARealArchitectureGivesACubin(string architecture)
    {
        byte[] cubin = new KernelCompiler(null).Compile(Source, ["FACTOR=2.0f"], architecture);

        Assert.That(cubin.Take(4), Is.EqualTo("\u007fELF"u8.ToArray()));
        Assert.That(cubin.AsSpan().IndexOf("winnow_scale"u8), Is.Positive);
    }

    [Test]
    public void Compile_OfTheSameSourceAgainTakesTheImageInMemory()
    {
        KernelCompiler compiler = new(null);
        byte[] first = compiler.Compile(Source, ["FACTOR=2.0f"], "compute_80");

        Assert.That(compiler.Compile(Source, ["FACTOR=2.0f"], "compute_80"), Is.SameAs(first));
        Assert.That(compiler.Compilations, Is.EqualTo(1));
    }

    [Test]
    public void Compile_OfTheSameSourceOnManyThreadsRunsOnce()
    {
        KernelCompiler compiler = new(null);
        Parallel.For(0, 8, _ => compiler.Compile(Source, ["FACTOR=2.0f"], "compute_80"));

        Assert.That(compiler.Compilations, Is.EqualTo(1));
    }

    [Test]
    public void Compile_OfDifferentVariantsOnManyThreadsGivesEachItsOwn()
    {
        KernelCompiler compiler = new(null);
        string[] ptx = new string[6];
        Parallel.For(0, ptx.Length, i => ptx[i] = Encoding.UTF8.GetString(compiler.Compile(Source, [$"FACTOR={1 << i}.0f"], "compute_80")));

        Assert.That(ptx.Distinct().Count(), Is.EqualTo(ptx.Length));
        Assert.That(compiler.Compilations, Is.EqualTo(ptx.Length));
    }

    [Test]
    public void Compile_InALaterRunTakesTheImageOnDisk()
    {
        using TemporaryFolder folder = new();
        byte[] first = new KernelCompiler(folder.Root).Compile(Source, ["FACTOR=2.0f"], "sm_80");
        KernelCompiler later = new(folder.Root);

        Assert.That(later.Compile(Source, ["FACTOR=2.0f"], "sm_80"), Is.EqualTo(first));
        Assert.That(later.Compilations, Is.Zero);
    }

    [Test]
    public void Compile_AfterAChangeOfWhatWentIntoTheImageCompilesAnew()
    {
        using TemporaryFolder folder = new();
        new KernelCompiler(folder.Root).Compile(Source, ["FACTOR=2.0f"], "sm_80");
        Dictionary<string, string> changed = new(Headers) { ["common/factor.cuh"] = "constexpr float kFactor = FACTOR + 1.0f;\n" };
        KernelCompiler later = new(folder.Root);
        later.Compile(Source, ["FACTOR=3.0f"], "sm_80");
        later.Compile(Source, ["FACTOR=2.0f"], "sm_86");
        later.Compile(Source with { Text = Text + "\n// changed" }, ["FACTOR=2.0f"], "sm_80");
        later.Compile(Source with { Headers = changed }, ["FACTOR=2.0f"], "sm_80");

        Assert.That(later.Compilations, Is.EqualTo(4));
    }

    [Test]
    public void Compile_AfterAChangeOfAHeaderThatIsNotIncludedTakesTheImage()
    {
        KernelCompiler compiler = new(null);
        compiler.Compile(Source, ["FACTOR=2.0f"], "compute_80");
        Dictionary<string, string> changed = new(Headers) { ["common/unused.cuh"] = "neither is this\n" };
        compiler.Compile(Source with { Headers = changed }, ["FACTOR=2.0f"], "compute_80");

        Assert.That(compiler.Compilations, Is.EqualTo(1));
    }

    [Test]
    public void Compile_WithADamagedCacheEntryCompilesAnewAndMendsIt([Values("cut", "flipped", "empty")] string damage)
    {
        using TemporaryFolder folder = new();
        byte[] whole = new KernelCompiler(folder.Root).Compile(Source, ["FACTOR=2.0f"], "compute_80");
        string entry = Directory.GetFiles(folder.Root).Single();
        byte[] bytes = File.ReadAllBytes(entry);
        bytes[^10] ^= 1;
        File.WriteAllBytes(entry, damage switch { "cut" => bytes[..^20], "empty" => [], _ => bytes });

        KernelCompiler mending = new(folder.Root);
        Assert.That(mending.Compile(Source, ["FACTOR=2.0f"], "compute_80"), Is.EqualTo(whole));
        Assert.That(mending.Compilations, Is.EqualTo(1));

        KernelCompiler later = new(folder.Root);
        Assert.That(later.Compile(Source, ["FACTOR=2.0f"], "compute_80"), Is.EqualTo(whole));
        Assert.That(later.Compilations, Is.Zero);
    }

    [Test]
    public void Compile_WithACacheFolderThatCannotBeWrittenWorksWithoutIt()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["file"], "a file where the folder should be");
        KernelCompiler compiler = new(folder["file"]);

        Assert.That(compiler.Compile(Source, ["FACTOR=2.0f"], "compute_80"), Is.Not.Empty);
        Assert.That(Directory.GetFiles(folder.Root), Has.Length.EqualTo(1));
    }

    [Test]
    public void Compile_OfAFaultySourceNamesLogOptionsAndLine()
    {
        KernelSource faulty = Source with { Text = Text + "\n\nextern \"C\" __global__ void winnow_faulty(int* out) { *out = missing; }\n" };
        KernelCompiler compiler = new(null);

        KernelCompileException exception = Assert.Throws<KernelCompileException>(() => compiler.Compile(faulty, ["FACTOR=2.0f"], "sm_86"))!;

        Assert.That(exception.SourceName, Is.EqualTo("norm/scale.cu"));
        Assert.That(exception.File, Is.EqualTo("norm/scale.cu"));
        Assert.That(exception.Line, Is.EqualTo(7));
        Assert.That(exception.Log, Does.Contain("identifier \"missing\" is undefined"));
        Assert.That(exception.Options, Does.Contain("--gpu-architecture=sm_86").And.Contain("--define-macro=FACTOR=2.0f"));
        Assert.That(exception.Message, Does.Contain(exception.Log.Trim()).And.Contain("--gpu-architecture=sm_86"));
        Assert.That(() => compiler.Compile(faulty, ["FACTOR=2.0f"], "sm_86"), Throws.InstanceOf<KernelCompileException>(), "a failure is not kept");
        Assert.That(compiler.Compilations, Is.EqualTo(2));
    }

    [Test]
    public void Compile_OfAFaultyHeaderNamesTheHeader()
    {
        KernelCompileException exception = Assert.Throws<KernelCompileException>(() => new KernelCompiler(null).Compile(Source, ["FACTOR=x"], "compute_80"))!;

        Assert.That(exception.SourceName, Is.EqualTo("norm/scale.cu"));
        Assert.That(exception.File, Is.EqualTo("common/factor.cuh"));
        Assert.That(exception.Line, Is.EqualTo(1));
    }

    [Test]
    public void Compile_WithoutAnIncludedHeaderNamesIt()
    {
        KernelSource lonely = Source with { Headers = new Dictionary<string, string>() };
        KernelCompileException exception = Assert.Throws<KernelCompileException>(() => new KernelCompiler(null).Compile(lonely, [], "compute_80"))!;

        Assert.That(exception.Message, Does.Contain("common/scale.cuh"));
        Assert.That(exception.Line, Is.EqualTo(1));
    }

    [Test]
    public void Compile_ForAnArchitectureThatNvrtcDoesNotKnowSaysSo()
    {
        KernelCompileException exception = Assert.Throws<KernelCompileException>(() => new KernelCompiler(null).Compile(Source, ["FACTOR=1"], "sm_11"))!;

        Assert.That(exception.Message, Does.Contain("sm_11"));
        Assert.That(exception.Line, Is.Zero);
    }

    [TestCase("-DFACTOR=1")]
    [TestCase("")]
    [TestCase("2X=1")]
    [TestCase("X=1\nY=2")]
    public void Compile_WithSomethingElseThanADefinitionNamesIt(string definition)
    {
        Assert.That(() => new KernelCompiler(null).Compile(Source, [definition], "sm_80"), Throws.ArgumentException.With.Message.Contains("NAME=VALUE"));
    }

    [TestCase("sm_80 --use_fast_math")]
    [TestCase("ampere")]
    public void Compile_WithSomethingElseThanAnArchitectureNamesIt(string architecture)
    {
        Assert.That(() => new KernelCompiler(null).Compile(Source, [], architecture), Throws.ArgumentException.With.Message.Contains(architecture));
    }
}
