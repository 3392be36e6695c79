using System;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using NUnit.Framework;
using Winnow.Benchmarking.Descriptions;
using Winnow.Benchmarking.Timing;
using Winnow.Cli.Terminal;
using Winnow.TestSupport;

namespace Winnow.Cli.Commands;

public sealed class KernelsBenchCommandTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void WriteKernels()
    {
        NvrtcSupport.Require();
        _folder = new TemporaryFolder();
        File.WriteAllText(_folder["fill.cu"], """
            #ifndef SHIFT
            #define SHIFT 0
            #endif
            __global__ void fill(float* y) { y[blockIdx.x * 128 + threadIdx.x + SHIFT] = 1; }
            __global__ void slow_fill(float* y) { for (int i = 0; i < 9; ++i) y[blockIdx.x * 128 + threadIdx.x] = i; }
            """);
        File.WriteAllText(_folder["fill.json"], """
            { "kernel": "fill", "axes": { "blocks": 1000 }, "grid": "blocks", "block": 128, "arguments": ["out y: f32[blocks * 128]"], "flops": "blocks * 128" }
            """);
    }

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [Test]
    public async Task Bench_WithoutAGpuPredictsAndSaysSo()
    {
        CliRun run = await CliRun.OfAsync("kernels", "bench", _folder["fill.cu"], "--against", "slow_fill", "--device", "simulator", "--gpu", "h100,a100");

        Assert.That(run.Code, Is.Zero);
        Assert.That(run.OutputLines[0], Does.Contain("nothing is measured").And.Contain("predictions"));
        Assert.That(run.OutputLines[1..].Select(line => line.Split(" predicted ")[0]), Is.EqualTo(new[]
        {
            "fill on H100 SXM:", "fill on A100 80GB SXM:", "slow_fill on H100 SXM:", "slow_fill on A100 80GB SXM:",
        }));
        Assert.That(run.Output, Does.Not.Contain("measured ").And.Not.Contain("p90"));
    }

    [TestCase("other.cu", "fill (FILE) on H200:", "fill (other.cu) on H200:")]
    [TestCase("FILE", "fill (FILE) on H200:", "fill (FILE, again) on H200:")]
    [TestCase("fill", "fill on H200:", "fill (again) on H200:")]
    public async Task Bench_OfTwoKernelsOfOneNameTellsThemApart(string against, string first, string second)
    {
        File.Copy(_folder["fill.cu"], _folder["other.cu"]);
        File.Copy(_folder["fill.json"], _folder["other.json"]);
        string other = against == "other.cu" ? _folder["other.cu"] : against.Replace("FILE", _folder["fill.cu"]);
        string[] arguments = ["kernels", "bench", _folder["fill.cu"], "--against", other, "--device", "simulator"];

        CliRun text = await CliRun.OfAsync(arguments);
        CliRun json = await CliRun.OfAsync([.. arguments, "--json"]);

        Assert.That(text.OutputLines[1..].Select(line => line.Split(" predicted ")[0]),
            Is.EqualTo(new[] { first, second }.Select(name => name.Replace("FILE", _folder["fill.cu"]).Replace("(other.cu", $"({_folder["other.cu"]}"))));
        Assert.That(json.Json.Select(row => row.TryGetProperty("from", out JsonElement from) ? from.GetString() : "").Distinct().Count(), Is.EqualTo(2));
    }

    [Test]
    public async Task Bench_AgainstAnotherFileFindsHeadersInTheNamedFolders()
    {
        Directory.CreateDirectory(_folder["headers"]);
        File.WriteAllText(_folder["headers/one.h"], "#define ONE 1\n");
        File.WriteAllText(_folder["other.cu"], "#include \"one.h\"\n__global__ void fill(float* y) { y[blockIdx.x * 128 + threadIdx.x] = ONE; }");
        File.Copy(_folder["fill.json"], _folder["other.json"]);

        CliRun run = await CliRun.OfAsync("kernels", "bench", _folder["fill.cu"], "--against", _folder["other.cu"], "-I", _folder["headers"], "--device", "simulator");

        Assert.That((run.Code, run.Error), Is.EqualTo((0, "")));
    }

    [Test]
    public async Task Bench_WithoutAGpuWritesPredictionsAsSuchForPrograms()
    {
        CliRun run = await CliRun.OfAsync("kernels", "bench", _folder["fill.cu"], "--device", "simulator", "--json");

        JsonElement row = run.Json.Single();
        Assert.That((row.GetProperty("kind").GetString(), row.GetProperty("memory_bytes").GetInt32()), Is.EqualTo(("predicted", 512_000)));
        Assert.That(row.TryGetProperty("median_us", out _), Is.False);
    }

    [Test]
    public async Task Bench_OfAFaultyKernelShowsTheFinding()
    {
        CliRun run = await CliRun.OfAsync("kernels", "bench", _folder["fill.cu"], "--device", "simulator", "--define", "SHIFT=1000000");

        Assert.That(run.Code, Is.EqualTo(ExitCodes.Failure));
        Assert.That(run.Output, Does.Contain("finding: fill.cu(4): ").And.Contain("out-of-bounds"));
    }

    [Test]
    public async Task Bench_WithoutAFileRunsTheKernelsThatShip()
    {
        CliRun text = await CliRun.OfAsync("kernels", "bench", "--filter", "NORM/rope", "--device", "simulator", "--gpu", "h200,a100");
        CliRun json = await CliRun.OfAsync("kernels", "bench", "--filter", "norm/rope", "--device", "simulator", "--gpu", "h200,a100", "--json");

        Assert.That((text.Code, text.Error), Is.EqualTo((0, "")));
        Assert.That(text.OutputLines[0], Does.Contain("nothing is measured").And.Contain("predictions"));
        Assert.That(text.OutputLines.Count(line => line.StartsWith("predicted for ", StringComparison.Ordinal)), Is.EqualTo(2));
        Assert.That(text.Output, Does.Match("\nnorm/rope +512 x 4096 +[0-9.]+ us +[0-9.]+ us +4800 +[0-9.]+ +100% memory +memory +1\n").And.Contain("\n2 cases predicted\n"));
        Assert.That(json.Json.Select(row => (row.GetProperty("kind").GetString(), row.GetProperty("case").GetString(), row.GetProperty("device").GetString())), Is.EqualTo(new[]
        {
            ("predicted", "rope", "H200"), ("predicted", "rope", "A100 80GB SXM"), ("predicted", "rope table", "H200"), ("predicted", "rope table", "A100 80GB SXM"),
        }));
    }

    [Test]
    public async Task Bench_WithAFilterThatNothingHasSaysSo()
    {
        CliRun run = await CliRun.OfAsync("kernels", "bench", "--filter", "nothing", "--device", "simulator");

        Assert.That((run.Code, run.Output), Is.EqualTo((ExitCodes.Usage, "")));
        Assert.That(run.Error, Does.Contain("no case has 'nothing'"));
    }

    [Test]
    public async Task CasesRun_OnADriverShowsMediansAndPeaksOfTheSameRun()
    {
        using StringWriter output = new() { NewLine = "\n" };
        using ClockedDriver driver = new() { Microseconds = kernel => kernel.Contains("copy", StringComparison.Ordinal) ? 400 : 20 };
        KernelCasesRun run = new(new CliHost(TextReader.Null, output, TextWriter.Null), asJson: false);

        int code = await run.MeasureAsync("norm/rms norm 512", driver, new TimingOptions { Samples = 30 }, showsProgress: false, CancellationToken.None);

        string[] lines = output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(code, Is.Zero);
        Assert.That(lines[0], Does.Match("^case +shape +measured +p10 +p90 +GB/s +TFLOP/s +of measured peak$"));
        Assert.That(lines[1], Does.Match("^norm/rms norm +512 x 4096 +20.0 us +20.0 us +20.0 us +840 +0.42 +63% memory$"));
        Assert.That(lines[2], Does.StartWith("clocked: 30 samples, events around one launch, L2 written over before each; peaks").And.Contain("copy 1342 GB/s"));
        Assert.That(lines[^1], Is.EqualTo("1 cases measured"));
    }

    [Test]
    public async Task CasesRun_WithAGraphCountsWhatItCannotReplay()
    {
        using StringWriter output = new() { NewLine = "\n" };
        using ClockedDriver driver = new() { Microseconds = _ => 20 };
        KernelCasesRun run = new(new CliHost(TextReader.Null, output, TextWriter.Null), asJson: false);

        int code = await run.MeasureAsync("cache/append", driver, new TimingOptions { Samples = 30, Method = TimingMethod.Rotate }, showsProgress: false, CancellationToken.None);

        Assert.That(code, Is.Zero);
        Assert.That(output.ToString(), Does.Contain("\n0 cases measured, 2 left out because they change what they read, which only --method flush puts back\n"));
    }

    [Test]
    public async Task CasesRun_OfACaseThatFailsGoesOnWithTheOthersAndCountsIt()
    {
        using StringWriter output = new() { NewLine = "\n" };
        using StringWriter error = new() { NewLine = "\n" };
        using ClockedDriver driver = new() { Microseconds = kernel => kernel == "winnow_rope_table" ? throw new WinnowException("the driver refuses") : 20 };
        KernelCasesRun run = new(new CliHost(TextReader.Null, output, error), asJson: false);

        int code = await run.MeasureAsync("norm/rope", driver, new TimingOptions { Samples = 30 }, showsProgress: false, CancellationToken.None);

        Assert.That(code, Is.EqualTo(ExitCodes.Failure));
        Assert.That(error.ToString(), Is.EqualTo("winnow: norm/rope table 512 x 4096: the driver refuses\n"));
        Assert.That(output.ToString(), Does.Contain("norm/rope ").And.EndWith("1 cases measured, 1 skipped because they failed, see above\n"));
    }

    [Test]
    public void Measure_ShowsMediansRatesAndTheRatioOfTwo()
    {
        string[] lines = Measure(asJson: false, against: true);

        Assert.That(lines[0], Does.Match("^kernel +measured +p10 +p90 +GB/s +of copy +TFLOP/s +of tensor$"));

        // 512,000 bytes in 2 and 3 us; a copy of 256 MiB, read and written, in 400 us is 1342 GB/s.
        Assert.That(lines[1], Does.Match("^fill +2.00 us +2.00 us +2.00 us +256 +19% +0.1 +[0-9]+%$"));
        Assert.That(lines[2], Does.Match("^slow_fill +3.00 us +3.00 us +3.00 us +171 +13% "));
        Assert.That(lines[3], Is.EqualTo("slow_fill takes 1.500 x as long as fill (p10 1.500, p90 1.500, pair by pair)"));
        Assert.That(lines[4], Is.EqualTo("clocked: 30 samples, events around one launch, L2 written over before each"));
        Assert.That(lines[5], Does.StartWith("peaks of this run: copy 1342 GB/s, tensor cores "));
        Assert.That(lines[6], Does.StartWith("clocks and power: ").Or.StartWith("before: "));
    }

    [Test]
    public void Measure_WritesTheSameForPrograms()
    {
        JsonElement[] rows = [.. Measure(asJson: true, against: true).Select(line => JsonDocument.Parse(line).RootElement)];

        Assert.That(rows.Select(row => row.GetProperty("kind").GetString()), Is.EqualTo(new[] { "measured", "measured", "ratio" }));
        Assert.That((rows[1].GetProperty("median_us").GetDouble(), rows[1].GetProperty("samples").GetInt32(), rows[2].GetProperty("median").GetDouble()), Is.EqualTo((3.0, 30, 1.5)));
        Assert.That(Measure(asJson: true, against: false), Has.Length.EqualTo(1));
    }

    private string[] Measure(bool asJson, bool against)
    {
        using StringWriter output = new() { NewLine = "\n" };
        using ClockedDriver driver = new()
        {
            Microseconds = kernel => kernel.Contains("copy", StringComparison.Ordinal) ? 400 : kernel.Contains("slow", StringComparison.Ordinal) ? 3 : 2,
        };
        KernelDescription fill = KernelDescription.Load(_folder["fill.cu"]);
        KernelsBenchCommand.Measure(
            new CliHost(TextReader.Null, output, TextWriter.Null), asJson, driver, new TimingOptions { Samples = 30 }, against ? [new(fill), new(fill with { Kernel = "slow_fill" })] : [new(fill)]);
        return output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
