using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using NUnit.Framework;
using Winnow.TestSupport;

namespace Winnow.Cli.Commands;

public sealed class KernelsProfileCommandTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void WriteKernel()
    {
        NvrtcSupport.Require();
        _folder = new TemporaryFolder();
        File.WriteAllText(_folder["saxpy.cu"], """
            __global__ void saxpy(float* y, const float* x, float a, int n) {
              int i = blockIdx.x * blockDim.x + threadIdx.x;
              if (i < n) y[i] = a * x[i] + y[i];
            }
            """);
        File.WriteAllText(_folder["saxpy.json"], """
            { "axes": { "n": 10000 }, "grid": "ceil_div(n, 256)", "block": 256,
              "arguments": ["inout y: f32[n]", "in x: f32[n]", "a: f32 = 2", "n: i32 = n"] }
            """);
    }

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [Test]
    public async Task Profile_ShowsCountsAndATimeThatItCallsPredicted()
    {
        CliRun run = await CliRun.OfAsync("kernels", "profile", _folder["saxpy.cu"]);

        Assert.That(run.Code, Is.Zero);
        Assert.That(run.OutputLines[..2], Is.EqualTo(new[] { "no findings", "saxpy: 1 launches, 40 blocks" }));
        Assert.That(run.Output, Does.Match("\nmemory +0.03 us  120,000 bytes moved once\n").And.Match("\nL2 +-  .*no rate is published\n").And.Match("\nlatency +0.35 us  687 clocks of the longest path\n"));
        Assert.That(run.Output, Does.Contain("\n    DeviceMemory   656 (").And.Match(@"\n    waits +656 for DeviceMemory, 1 times, at saxpy\.cu\(3\): ld\.global\.f32 .*\n"));
        Assert.That(run.OutputLines[^1], Does.StartWith("predicted 0.35 us, estimated 0.37 us, bound by latency: 346 GB/s (7% of published), 0.1 TFLOP/s (0% of floats); 8 blocks a multiprocessor").And.Contain("busiest multiprocessor 3.30 x the average"));
        Assert.That(run.Output.Split('\n').Where(line => line.Contains(" us", System.StringComparison.Ordinal) && line.StartsWith("pre", System.StringComparison.Ordinal)), Is.All.StartsWith("predicted"));
    }

    [Test]
    public async Task Profile_WritesJsonForProgramsAndTakesAxesAndGpus()
    {
        CliRun run = await CliRun.OfAsync("kernels", "profile", _folder["saxpy.json"], "--axis", "n=1000", "--gpu", "a100, l40s", "--json");

        Assert.That(run.Json.Select(line => line.GetProperty("kind").GetString()), Is.EqualTo(new[] { "counted", "predicted", "predicted" }));
        Assert.That(run.Json.Select(line => line.GetProperty("blocks").GetInt32()), Is.All.EqualTo(4));
        JsonElement parts = run.Json[0].GetProperty("longest_path_parts");
        Assert.That(parts.EnumerateObject().Sum(part => part.Value.GetDouble()), Is.EqualTo(run.Json[0].GetProperty("longest_path_clocks").GetDouble()));
        JsonElement step = run.Json[0].GetProperty("longest_path_steps")[0];
        Assert.That((step.GetProperty("part").GetString(), step.GetProperty("clocks").GetDouble()), Is.EqualTo(("DeviceMemory", parts.GetProperty("DeviceMemory").GetDouble())));
        Assert.That((step.GetProperty("file").GetString(), step.GetProperty("line").GetInt32()), Is.EqualTo(("saxpy.cu", 3)));
        Assert.That(run.Json[1..].Select(line => line.GetProperty("gpu").GetString()), Is.EqualTo(new[] { "a100", "l40s" }));
        JsonElement bounds = run.Json[1].GetProperty("bounds_us");
        Assert.That(bounds.GetProperty("memory").GetDouble(), Is.EqualTo(12_000 / 2039e9 * 1e6).Within(1e-9));
        Assert.That(run.Json[2].GetProperty("bounds_us").TryGetProperty("L2", out _), Is.False);
    }

    [Test]
    public async Task Profile_OfKernelsThatShipNamesTheCaseAndWhereItsPathWaits()
    {
        CliRun text = await CliRun.OfAsync("kernels", "profile", "--filter", "norm/rms norm 1 x 4096");
        CliRun json = await CliRun.OfAsync("kernels", "profile", "--filter", "norm/rms norm 1 x 4096", "--json");

        Assert.That((text.Code, text.Error), Is.EqualTo((ExitCodes.Success, "")));
        Assert.That(text.OutputLines[..2], Is.EqualTo(new[] { "norm/rms norm 1 x 4096: no findings", "winnow_norm: 1 launches, 1 blocks" }));
        Assert.That(text.Output, Does.Match(@"\n    waits +[\d,]+ for [A-Za-z]+, \d+ times, at norm/norm\.cu\(\d+\) > .*\(\d+\): [a-z].*\n"));
        JsonElement step = json.Json[0].GetProperty("longest_path_steps")[0];
        string innermost = $"{step.GetProperty("file").GetString()}({step.GetProperty("line").GetInt32()})";
        Assert.That(step.GetProperty("place").GetString(), Does.StartWith("norm/norm.cu(").And.EndsWith(innermost));
        Assert.That(json.Json.Select(line => (line.GetProperty("case").GetString(), line.GetProperty("kernel").GetString())), Is.EqualTo(new[] { ("norm/rms norm 1 x 4096", "winnow_norm") }));
    }

    [Test]
    public async Task Profile_OfAFaultyKernelShowsTheFindingAndEndsWithOne()
    {
        File.WriteAllText(_folder["saxpy.cu"], File.ReadAllText(_folder["saxpy.cu"]).Replace("i < n", "i <= n", System.StringComparison.Ordinal));

        CliRun text = await CliRun.OfAsync("kernels", "profile", _folder["saxpy.cu"]);
        CliRun json = await CliRun.OfAsync("kernels", "profile", _folder["saxpy.cu"], "--json");

        Assert.That((text.Code, text.Error), Is.EqualTo((ExitCodes.Failure, "")));
        Assert.That(text.Output, Does.StartWith("finding: saxpy.cu(3): ").And.Contain("out-of-bounds").And.Contain("thread (16, 0, 0)"));
        Assert.That((json.Json[0].GetProperty("finding").GetString(), json.Json[0].GetProperty("line").GetInt32()), Is.EqualTo(("out-of-bounds", 3)));
    }

    [TestCase("nothing.cu", "nothing.cu: there is no such file. A kernel's source is")]
    [TestCase("alone.cu", "alone.json: there is no such file. A kernel needs a description")]
    [TestCase("nothing.json", "nothing.json: there is no such file. A kernel needs a description")]
    public async Task Profile_OfAMissingFileNamesTheOneThatIsMissing(string file, string problem)
    {
        File.WriteAllText(_folder["alone.cu"], "");

        CliRun run = await CliRun.OfAsync("kernels", "profile", _folder[file]);

        Assert.That((run.Code, run.Output), Is.EqualTo((ExitCodes.Failure, "")));
        Assert.That(run.Error, Does.StartWith($"winnow: {_folder[problem]}"));
    }

    [Test]
    public async Task Profile_OfADescriptionThatDoesNotFitNamesFileLineAndArgument()
    {
        File.WriteAllText(_folder["saxpy.json"], File.ReadAllText(_folder["saxpy.json"]).Replace("n: i32", "n: i64", System.StringComparison.Ordinal));

        CliRun run = await CliRun.OfAsync("kernels", "profile", _folder["saxpy.cu"]);

        Assert.That((run.Code, run.Output), Is.EqualTo((ExitCodes.Failure, "")));
        Assert.That(run.Error, Is.EqualTo($"winnow: {_folder["saxpy.json"]}(2): arguments[3]: argument 4 'n' is 8 bytes, and the kernel takes 4.\n"));
    }
}
