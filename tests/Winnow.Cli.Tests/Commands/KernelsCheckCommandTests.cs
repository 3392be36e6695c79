using System.IO;
using System.Text.Json;
using System.Threading.Tasks;
using NUnit.Framework;
using Winnow.TestSupport;

namespace Winnow.Cli.Commands;

public sealed class KernelsCheckCommandTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void WriteKernel()
    {
        NvrtcSupport.Require();
        _folder = new TemporaryFolder();
        File.WriteAllText(_folder["double.cu"], """
            __global__ void twice(float* y, const float* x, int n) { if (threadIdx.x < n) y[threadIdx.x] = 2 * x[threadIdx.x]; }
            __global__ void twice_exact(double* y, const double* x, int n) { if (threadIdx.x < n) y[threadIdx.x] = 2 * x[threadIdx.x]; }
            """);
        File.WriteAllText(_folder["double.json"], """
            { "kernel": "twice", "grid": 1, "block": 64, "axes": { "n": 50, "done": 50 }, "arguments": ["out y: f32[50]", "in x: f32[50]", "n: i32 = done"],
              "check": { "reference": { "kernel": "twice_exact", "arguments": ["out y: f64[50]", "in x: f64[50]", "m: i32 = n"] } } }
            """);
    }

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [Test]
    public async Task Check_OfACorrectKernelSaysHowNearItIs()
    {
        CliRun run = await CliRun.OfAsync("kernels", "check", _folder["double.cu"], "--device", "simulator");

        Assert.That(run.Code, Is.Zero);
        Assert.That(run.OutputLines[0], Does.Match("^output +type +values +max abs error +max rel error +allowed +mismatches +worst$"));
        Assert.That(run.OutputLines[1], Does.Match(@"^y +f32 +50 +0 +0 +[0-9.]+e-7 +0 +\[0\] is "));
        Assert.That(run.OutputLines[2], Does.StartWith("passed: twice on Winnow PTX simulator; allowed is twice the error of rounding the reference"));
    }

    [Test]
    public async Task Check_OfAWrongKernelSaysWhereAndEndsWithOne()
    {
        CliRun text = await CliRun.OfAsync("kernels", "check", _folder["double.cu"], "--device", "simulator", "--axis", "done=48");
        CliRun json = await CliRun.OfAsync("kernels", "check", _folder["double.cu"], "--device", "simulator", "--axis", "done=48", "--json");

        Assert.That((text.Code, json.Code), Is.EqualTo((ExitCodes.Failure, ExitCodes.Failure)));
        Assert.That(text.Output, Does.Contain(" 2 (2 NaN)  [48] is NaN, expected ").And.Contain("FAILED: twice"));
        JsonElement row = json.Json[0];
        Assert.That((row.GetProperty("passed").GetBoolean(), row.GetProperty("mismatches").GetInt32(), row.GetProperty("worst_index").GetInt32()), Is.EqualTo((false, 2, 48)));
        Assert.That(row.GetProperty("actual").ValueKind, Is.EqualTo(JsonValueKind.Null));
    }

    [Test]
    public async Task Check_WithAnotherAxisOrMacroGivesItToTheReferenceToo()
    {
        File.WriteAllText(_folder["double.cu"], """
            __global__ void twice(float* y, const float* x, int n) { if (threadIdx.x < n) y[threadIdx.x] = FACTOR * x[threadIdx.x]; }
            __global__ void twice_exact(double* y, const double* x, int n) { if (threadIdx.x < n) y[threadIdx.x] = FACTOR * x[threadIdx.x]; }
            """);
        File.WriteAllText(_folder["double.json"], """
            { "kernel": "twice", "grid": 1, "block": 64, "axes": { "n": 50 }, "definitions": ["FACTOR=2"], "arguments": ["out y: f32[n]", "in x: f32[n]", "n: i32 = n"],
              "check": { "reference": { "kernel": "twice_exact", "arguments": ["out y: f64[n]", "in x: f64[n]", "n: i32 = n"] } } }
            """);

        CliRun run = await CliRun.OfAsync("kernels", "check", _folder["double.cu"], "--device", "simulator", "--axis", "n=40", "-D", "FACTOR=4", "--json");

        Assert.That((run.Code, run.Error), Is.EqualTo((0, "")));
        Assert.That(run.Json[0].GetProperty("values").GetInt32(), Is.EqualTo(40));
    }

    [Test]
    public async Task Check_WithoutACheckSaysWhatToWrite()
    {
        File.WriteAllText(_folder["double.json"], """{ "kernel": "twice", "grid": 1, "block": 64, "arguments": ["out y: f32[64]", "in x: f32[64]", "n: i32 = 64"] }""");

        CliRun run = await CliRun.OfAsync("kernels", "check", _folder["double.cu"], "--device", "simulator");

        Assert.That((run.Code, run.Output), Is.EqualTo((ExitCodes.Failure, "")));
        Assert.That(run.Error, Does.Contain("check: this is missing").And.Contain("\"reference\""));
    }

    [Test]
    public async Task Check_OfAFaultyKernelShowsTheFinding()
    {
        CliRun run = await CliRun.OfAsync("kernels", "check", _folder["double.cu"], "--device", "simulator", "--axis", "done=51");

        Assert.That(run.Code, Is.EqualTo(ExitCodes.Failure));
        Assert.That(run.Output, Does.StartWith("finding: double.cu(1): ").And.Contain("out-of-bounds"));
    }
}
