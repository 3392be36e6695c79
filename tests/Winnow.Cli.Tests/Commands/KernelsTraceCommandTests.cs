using System;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using NUnit.Framework;
using Winnow.TestSupport;

namespace Winnow.Cli.Commands;

public sealed class KernelsTraceCommandTests
{
    private static readonly string Shipped = Path.Combine(SharedFiles.RepositoryRoot, "bench", "traces");

    private TemporaryFolder _folder = null!;

    [SetUp]
    public void CopyDataset()
    {
        NvrtcSupport.Require();
        _folder = new TemporaryFolder();
        foreach (string file in Directory.EnumerateFiles(Shipped, "*", SearchOption.AllDirectories))
        {
            string copy = _folder[Path.GetRelativePath(Shipped, file)];
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [Test]
    public async Task Trace_OfTheShippedProblemsPassesAndWritesTraces()
    {
        CliRun run = await CliRun.OfAsync("kernels", "trace", Shipped, "--device", "simulator", "--filter", "rmsnorm", "-o", _folder["t.jsonl"]);
        CliRun again = await CliRun.OfAsync("kernels", "trace", Shipped, "--device", "simulator", "--filter", "rmsnorm", "-o", _folder["t.jsonl"], "--json");

        Assert.That((run.Code, run.Error), Is.EqualTo((ExitCodes.Success, "")));
        Assert.That(run.OutputLines[0], Is.EqualTo("No GPU is used here: CUDA runs on the simulator, and its times are predictions for H200."));
        Assert.That(run.OutputLines[2], Does.Match(@"^rmsnorm_h128 +batch_size=1 +winnow_rmsnorm_warp +PASSED +\S+e-3 +\S+e-2 +- +\S+ us$"));
        Assert.That(run.OutputLines[^1], Is.EqualTo($"3 evaluated: 3 PASSED; 0 not checked; 0 skipped; 0 damaged; 3 traces added to {_folder["t.jsonl"]}"));
        Assert.That(again.Error, Does.StartWith("3 evaluated: 3 PASSED"));
        Assert.That(await File.ReadAllLinesAsync(_folder["t.jsonl"]), Has.Length.EqualTo(6).And.Some.EqualTo(again.OutputLines[0]), "traces are added");
        JsonElement evaluation = again.Json[0].GetProperty("evaluation");
        Assert.That(evaluation.GetProperty("environment").GetProperty("hardware").GetString(), Is.EqualTo("simulator"));
        Assert.That(evaluation.GetProperty("performance").ValueKind, Is.EqualTo(JsonValueKind.Null));
    }

    [Test]
    public async Task Trace_WithAFilterThatNothingHasNamesWhatThereIs()
    {
        CliRun run = await CliRun.OfAsync("kernels", "trace", Shipped, "--device", "simulator", "--filter", "rmsnrom");

        Assert.That((run.Code, run.Output), Is.EqualTo((ExitCodes.Usage, "")));
        Assert.That(run.Error, Does.Contain("'rmsnrom'").And.Contain("there are winnow_gemm_simple, winnow_rmsnorm_warp"));
    }

    [Test]
    public async Task Trace_OfDefinitionsAloneSaysWhatIsMissing()
    {
        CliRun run = await CliRun.OfAsync("kernels", "trace", Path.Combine(Shipped, "definitions", "rmsnorm", "rmsnorm_h128.json"), "--device", "simulator");

        Assert.That((run.Code, run.Output), Is.EqualTo((ExitCodes.Usage, "")));
        Assert.That(run.Error, Does.Contain("no solutions").And.Contain("--winnow"));
    }

    [Test]
    public async Task Trace_WithWinnowsOwnOperationsRunsThemOnTheProcessor()
    {
        CliRun run = await CliRun.OfAsync("kernels", "trace", Shipped, "--device", "simulator", "--winnow", "--limit", "1", "--samples", "30");

        Assert.That(run.Code, Is.Zero, run.Output);
        Assert.That(run.Output, Does.Match(@"winnow_cpu_rms_norm_rmsnorm_h128 +PASSED .* \S+ [um]s +-\n").And.Match(@"winnow_cpu_linear_gemm_n128_k256 +PASSED .* \S+ [um]s +-\n"));
        Assert.That(run.OutputLines[^1], Does.StartWith("5 evaluated: 5 PASSED"));
    }

    [Test]
    public async Task Trace_OfAWrongSolutionSaysWhereAndEndsWithOne()
    {
        Edit("solutions/winnow/rmsnorm/rmsnorm_h128/winnow_rmsnorm_warp.json", "sum / width", "sum / 64");

        CliRun run = await CliRun.OfAsync("kernels", "trace", _folder.Root, "--device", "simulator", "--filter", "rmsnorm");

        Assert.That(run.Code, Is.EqualTo(ExitCodes.Failure));
        Assert.That(run.Output, Does.Contain("\nINCORRECT_NUMERICAL: winnow_rmsnorm_warp: ").And.Contain("values of output are further off than allowed, "));
        Assert.That(run.OutputLines[^1], Does.StartWith("3 evaluated: 3 INCORRECT_NUMERICAL; "));
    }

    [Test]
    public async Task Trace_OfASolutionThatDoesNotCompileSaysItOnceForAllWorkloads()
    {
        Edit("solutions/winnow/rmsnorm/rmsnorm_h128/winnow_rmsnorm_warp.json", "sum / width", "sum / nothing");

        CliRun run = await CliRun.OfAsync("kernels", "trace", _folder.Root, "--device", "simulator", "--filter", "rmsnorm");

        Assert.That(run.Code, Is.EqualTo(ExitCodes.Failure));
        Assert.That(run.OutputLines.Where(line => line.Contains("nothing", StringComparison.Ordinal)), Is.EqualTo(new[] { run.OutputLines[^2] }));
        Assert.That(run.OutputLines[^2], Does.StartWith("3 x COMPILE_ERROR: winnow_rmsnorm_warp: "));
        Assert.That(run.OutputLines[^1], Does.StartWith("3 evaluated: 3 COMPILE_ERROR; "));
    }

    [Test]
    public async Task Trace_OfDamagedInputGoesOnAndCountsIt()
    {
        File.AppendAllText(_folder["workloads/gemm/gemm_n128_k256.jsonl"], "{\"definition\":\n");
        Edit("workloads/gemm/gemm_n128_k256.jsonl", "\"M\":1}", "\"X\":1}");
        Edit("definitions/rmsnorm/rmsnorm_h128.json", "\"op_type\"", "\"kind\"");

        CliRun run = await CliRun.OfAsync("kernels", "trace", _folder.Root, "--device", "simulator");

        string[] errors = run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(run.Code, Is.EqualTo(ExitCodes.Failure));
        Assert.That(errors[0], Does.StartWith("winnow: ").And.Contain("rmsnorm_h128.json(3): kind: there is no such field in the schema"));
        Assert.That(errors[1], Does.Contain("gemm_n128_k256.jsonl(3): this is no JSON"));
        Assert.That(errors[2], Does.Contain("gemm_n128_k256.jsonl(1): workload.axes.M: this is missing"));
        Assert.That(errors[3], Is.EqualTo("winnow: winnow_rmsnorm_warp: there is no definition 'rmsnorm_h128'"));
        Assert.That(run.OutputLines[^1], Is.EqualTo("2 evaluated: 2 PASSED; 0 not checked; 0 skipped; 4 damaged"));
    }

    [Test]
    public async Task Trace_OfWhatIsNotRunHereCountsItByReason()
    {
        foreach (string name in new[] { "one", "two" })
        {
            string copy = $"solutions/{name}.json";
            File.Copy(_folder["solutions/winnow/gemm/gemm_n128_k256/winnow_gemm_simple.json"], _folder[copy]);
            Edit(copy, "winnow_gemm_simple", name);
            Edit(copy, "\"language\": \"cuda\"", "\"language\": \"triton\"");
        }

        Edit("definitions/gemm/gemm_n128_k256.json", "\"op_type\": \"gemm\"", "\"op_type\": \"other\"");
        CliRun run = await CliRun.OfAsync("kernels", "trace", _folder.Root, "--device", "simulator", "--filter", "gemm");
        CliRun nothing = await CliRun.OfAsync("kernels", "trace", _folder.Root, "--device", "simulator", "--filter", "one");

        Assert.That((run.Code, nothing.Code), Is.EqualTo((ExitCodes.Success, ExitCodes.Failure)), "nothing that was run is no success");
        Assert.That(run.OutputLines[2], Does.Contain("not checked"));
        Assert.That(run.Output, Does.Contain("\nskipped 2 x solutions in triton are not run here").And.Contain("\n2 x not checked: there is no reference in C# for op_type other"));
        Assert.That(run.OutputLines[^1], Is.EqualTo("0 evaluated; 2 not checked; 2 skipped; 0 damaged"));
    }

    [Test]
    public async Task Trace_OfSingleFilesAgainstAnotherSolutionRunsThem()
    {
        string[] files = [_folder["definitions/gemm/gemm_n128_k256.json"], _folder["workloads/gemm/gemm_n128_k256.jsonl"], _folder["solutions/winnow/gemm/gemm_n128_k256/winnow_gemm_simple.json"], _folder["two.json"]];
        File.Copy(files[2], files[3]);
        Edit("two.json", "winnow_gemm_simple", "two");

        CliRun run = await CliRun.OfAsync(["kernels", "trace", .. files, "--device", "simulator", "--reference", "two"]);
        CliRun unknown = await CliRun.OfAsync(["kernels", "trace", .. files, "--device", "simulator", "--reference", "three"]);

        Assert.That(run.OutputLines[^1], Does.StartWith("2 evaluated: 2 PASSED"));
        Assert.That(unknown.Code, Is.EqualTo(ExitCodes.Usage));
        Assert.That(unknown.Error, Does.Contain("There is no solution 'three' to compare with; there are two, winnow_gemm_simple."));
    }

    [Test]
    public async Task Trace_OfANonexistentFolderSaysWhatADatasetIs()
    {
        CliRun run = await CliRun.OfAsync("kernels", "trace", _folder["nowhere"], "--device", "simulator");

        Assert.That((run.Code, run.Output), Is.EqualTo((ExitCodes.Failure, "")));
        Assert.That(run.Error, Does.Contain("there is no such file or folder. A data set is a folder with definitions/"));
    }

    private void Edit(string name, string from, string to)
    {
        string text = File.ReadAllText(_folder[name]);
        Assert.That(text, Does.Contain(from));
        File.WriteAllText(_folder[name], text.Replace(from, to, StringComparison.Ordinal));
    }
}
