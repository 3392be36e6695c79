using System.IO;
using System.Linq;
using System.Threading.Tasks;
using NUnit.Framework;
using Winnow.Kernels;
using Winnow.TestSupport;

namespace Winnow.Cli.Commands;

public sealed class KernelsListCommandTests
{
    [Test]
    public async Task List_WithoutAFileNamesEveryKernelThatShips()
    {
        CliRun text = await CliRun.OfAsync("kernels", "list");
        CliRun json = await CliRun.OfAsync("kernels", "list", "--json");

        Assert.That(text.OutputLines, Has.Length.EqualTo(ShippedKernels.All().Count + 1));
        Assert.That(json.Json.Select(line => (line.GetProperty("source").GetString(), line.GetProperty("kernel").GetString(), line.GetProperty("definitions").GetString())),
            Is.EqualTo(ShippedKernels.All().Select(variant => (variant.Source, variant.Entry, string.Join(' ', variant.Definitions)))));
        Assert.That(json.Json.Select(line => line.GetProperty("source").GetString()).Distinct(), Is.EquivalentTo(ShippedKernels.Sources));
    }

    [Test]
    public async Task List_OfAFileNamesItsKernelsAndWhatTheyTake()
    {
        NvrtcSupport.Require();
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["two.cu"], "__global__ void first(float* y, TYPE n) {}\nextern \"C\" __global__ void second() {}\n");

        File.WriteAllText(folder["two.json"], """{ "grid": 1, "block": 1, "arguments": [] }""");

        CliRun run = await CliRun.OfAsync("kernels", "list", folder["two.cu"], "--define", "TYPE=double");
        CliRun described = await CliRun.OfAsync("kernels", "list", folder["two.json"], "--define", "TYPE=double");

        Assert.That(run.OutputLines.Order(), Is.EqualTo(new[] { "first   u64, f64", "kernel  arguments", "second" }));
        Assert.That(described.Output, Is.EqualTo(run.Output));
    }

    [Test]
    public async Task List_OfAFileThatDoesNotCompileShowsTheLogOnOneLine()
    {
        NvrtcSupport.Require();
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["bad.cu"], "__global__ void k() { undefined(); }\n");

        CliRun run = await CliRun.OfAsync("kernels", "list", folder["bad.cu"]);

        Assert.That((run.Code, run.Output), Is.EqualTo((ExitCodes.Failure, "")));
        Assert.That(run.Error, Does.StartWith("winnow: bad.cu does not compile").And.Contain("bad.cu(1): error").And.Contain("undefined"));
    }
}
