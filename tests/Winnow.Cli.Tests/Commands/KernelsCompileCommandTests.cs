using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using NUnit.Framework;
using Winnow.Benchmarking.Compilation;
using Winnow.Kernels;
using Winnow.TestSupport;

namespace Winnow.Cli.Commands;

public sealed class KernelsCompileCommandTests
{
    private const string Code = """
        extern "C" __global__ void reverse(float* y, const float* x) {
          __shared__ float tile[SIZE];
          tile[threadIdx.x] = x[threadIdx.x];
          __syncthreads();
          y[threadIdx.x] = tile[SIZE - 1 - threadIdx.x];
        }
        #ifdef HOPPER
        __global__ void other() { asm volatile("wgmma.fence.sync.aligned;"); }
        #endif
        """;

    private TemporaryFolder _folder = null!;

    [SetUp]
    public void WriteKernel()
    {
        NvrtcSupport.Require();
        _folder = new TemporaryFolder();
        File.WriteAllText(_folder["reverse.cu"], Code);
    }

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [Test]
    public async Task Compile_ShowsOneRowForEachArchitecture()
    {
        CliRun run = await CliRun.OfAsync("kernels", "compile", _folder["reverse.cu"], "-D", "SIZE=64");

        Assert.That(run.Code, Is.Zero);
        Assert.That(run.OutputLines[0], Does.Match("^kernel +architecture +registers +local +shared +code +occupancy +constants$"));
        Assert.That(run.OutputLines[1..].Select(line => line.Split(' ', System.StringSplitOptions.RemoveEmptyEntries)[1]), Is.EqualTo(KernelBuild.Architectures));
        Assert.That(run.OutputLines[1], Does.Match("^reverse +sm_80 +[0-9]+ +none +256 B +[0-9]+ B +100%: 8 x 256 threads, by threads +SIZE=64$"));
    }

    [TestCase("compile")]
    [TestCase("list")]
    public async Task Compile_OfAFileWithoutKernelsSaysSo(string command)
    {
        await File.WriteAllTextAsync(_folder["none.cu"], "__device__ int twice(int x) { return 2 * x; }");
        CliRun run = await CliRun.OfAsync("kernels", command, _folder["none.cu"]);

        Assert.That((run.Code, run.Output), Is.EqualTo((ExitCodes.Failure, "")));
        Assert.That(run.Error, Does.Contain("none.cu has no kernel"));
    }

    [Test]
    public async Task Compile_WithSassAndJsonWritesNothingThatIsNoJson()
    {
        CliRun run = await CliRun.OfAsync("kernels", "compile", _folder["reverse.cu"], "-D", "SIZE=64", "--arch", "sm_80", "--sass", "--json");

        Assert.That(run.Json[0].GetProperty("architecture").GetString(), Is.EqualTo("sm_80"));
        if (run.Code == ExitCodes.Success)
        {
            Assert.That(run.Json[1].GetProperty("sass").GetString(), Does.Contain("EXIT"));
        }
        else
        {
            Assert.That(run.Error, Does.Contain("disassembler"));
        }
    }

    [Test]
    public async Task Compile_OfInstancesOfATemplateTellsThemApart()
    {
        await File.WriteAllTextAsync(_folder["two.cu"], "template <int N> __global__ void two(int* x) { *x = N; }\ntemplate __global__ void two<1>(int*);\ntemplate __global__ void two<2>(int*);\n");

        CliRun compiled = await CliRun.OfAsync("kernels", "compile", _folder["two.cu"], "--arch", "sm_80");
        CliRun listed = await CliRun.OfAsync("kernels", "list", _folder["two.cu"]);
        CliRun one = await CliRun.OfAsync("kernels", "list", _folder["two.cu"], "--kernel", "_Z3twoILi2EEvPi");
        CliRun none = await CliRun.OfAsync("kernels", "list", _folder["two.cu"], "--kernel", "three");

        Assert.That(compiled.OutputLines[1..].Select(line => line.Split(' ')[0]), Is.EquivalentTo(new[] { "_Z3twoILi1EEvPi", "_Z3twoILi2EEvPi" }));
        Assert.That(listed.OutputLines[1..].Select(line => line.Split(' ')[0]), Is.EquivalentTo(new[] { "_Z3twoILi1EEvPi", "_Z3twoILi2EEvPi" }));
        Assert.That((one.Code, one.OutputLines.Length), Is.EqualTo((0, 2)));
        Assert.That((none.Code, none.Error), Is.EqualTo((ExitCodes.Failure, "winnow: two.cu has no kernel 'three'; its kernels are _Z3twoILi1EEvPi, _Z3twoILi2EEvPi.\n")));
    }

    [Test]
    public async Task Compile_WithADescriptionThatWasNamedTakesItAndNeedsOneForAxes()
    {
        await File.WriteAllTextAsync(_folder["launch.json"], """{ "definitions": { "SIZE": 32 }, "grid": 1, "block": 32, "arguments": ["out y: f32[32]", "in x: f32[32]"] }""");

        CliRun described = await CliRun.OfAsync("kernels", "compile", _folder["reverse.cu"], "--describe", _folder["launch.json"], "--arch", "sm_80", "--json");
        CliRun undescribed = await CliRun.OfAsync("kernels", "compile", _folder["reverse.cu"], "-D", "SIZE=32", "--axis", "n=3");

        Assert.That(described.Json.Single().GetProperty("definitions").GetString(), Is.EqualTo("SIZE=32"));
        Assert.That((undescribed.Code, undescribed.Error.Contains("--describe")), Is.EqualTo((ExitCodes.Usage, true)));
    }

    [Test]
    public async Task Compile_ForAnArchitectureThatNvrtcDoesNotKnowSaysWhichItKnowsAndGoesOn()
    {
        CliRun run = await CliRun.OfAsync("kernels", "compile", _folder["reverse.cu"], "-D", "SIZE=64", "--arch", "sm_20,sm_80");

        Assert.That(run.Code, Is.EqualTo(ExitCodes.Failure));
        Assert.That(run.Error, Does.Contain("compute_20").And.Match("NVRTC compiles for [0-9, ]*80[0-9, ]* and not for 20: name another architecture"));
        Assert.That(run.OutputLines[^1], Does.Contain("sm_80"));
    }

    [Test]
    public async Task Compile_WithADescriptionTakesItsConstantsAndItsLaunch()
    {
        File.WriteAllText(_folder["reverse.json"], """
            { "definitions": { "SIZE": 1024 }, "grid": 1, "block": 1024, "shared": "40 * 1024", "arguments": ["out y: f32[1024]", "in x: f32[1024]"] }
            """);

        CliRun run = await CliRun.OfAsync("kernels", "compile", _folder["reverse.cu"], "--arch", "sm_80,sm_90a", "--json");

        JsonElement row = run.Json[0];
        Assert.That(run.Json.Select(line => line.GetProperty("architecture").GetString()), Is.EqualTo(new[] { "sm_80", "sm_90a" }));
        Assert.That(row.GetProperty("shared_bytes").GetInt32(), Is.EqualTo(44 * 1024));
        Assert.That((row.GetProperty("block_threads").GetInt32(), row.GetProperty("blocks_per_multiprocessor").GetInt32()), Is.EqualTo((1024, 2)));
        Assert.That(row.GetProperty("limited_by").GetString(), Is.EqualTo("threads"));
    }

    [Test]
    public async Task Compile_ForAnArchitectureThatCannotGoesOnWithTheOthersAndEndsWithOne()
    {
        CliRun run = await CliRun.OfAsync("kernels", "compile", _folder["reverse.cu"], "--arch", "sm_80,sm_90a", "-D", "SIZE=64", "-D", "HOPPER", "--json");

        Assert.That(run.Code, Is.EqualTo(ExitCodes.Failure));
        Assert.That(run.Json.Select(line => line.GetProperty("architecture").GetString()), Is.EqualTo(new[] { "sm_90a", "sm_90a" }));
        Assert.That(run.Error, Does.StartWith("winnow: reverse.cu does not compile").And.Contain("wgmma"));
    }

    [Test]
    public async Task Compile_OfAShippedSourceTakesItsVariants()
    {
        CliRun run = await CliRun.OfAsync("kernels", "compile", "norm/rope_table.cu", "--arch", "sm_80", "--json");

        Assert.That(run.Json, Has.Length.EqualTo(ShippedKernels.All().Count(variant => variant.Source == "norm/rope_table.cu")));
    }

    [Test]
    public async Task Compile_WithSassShowsItOrSaysWhereToGetADisassembler()
    {
        CliRun run = await CliRun.OfAsync("kernels", "compile", _folder["reverse.cu"], "-D", "SIZE=64", "--arch", "sm_80", "--sass");

        Assert.That(run.Output, Does.Contain("// reverse.cu sm_80"));
        Assert.That(run.Code == 0 ? run.Output : run.Error, Does.Contain(run.Code == 0 ? "BAR.SYNC" : "cuda-nvdisasm"));
    }
}
