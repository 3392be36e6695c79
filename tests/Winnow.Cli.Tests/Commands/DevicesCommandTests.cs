using System;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using NUnit.Framework;
using Winnow.Cli.Terminal;
using Winnow.Gpu;

namespace Winnow.Cli.Commands;

/// <summary>What <c>winnow devices</c> says of this machine and of others.</summary>
public sealed class DevicesCommandTests
{
    private static readonly GpuProbe Nvrtc = new() { Path = "/toolkit/libnvrtc.so.12", Version = 12040 };

    private static readonly GpuProbe Cuda = new() { Path = "/driver/libcuda.so.1", Version = 13010, Devices = [Gpu("First", 90), Gpu("Second", 75)] };

    private static readonly GpuProbe Missing = new() { Problem = "It was not found.\nSought: here; there.\nInstall it." };

    [Test]
    public async Task Devices_ShowsTheProcessorTheSimulatorAndBothLibraries()
    {
        CliRun run = await CliRun.OfAsync("devices", "--json");

        JsonElement cpu = run.Json.First();
        Assert.That(cpu.GetProperty("kind").GetString(), Is.EqualTo("cpu"));
        Assert.That(cpu.GetProperty("threads").GetInt32(), Is.EqualTo(Environment.ProcessorCount));
        Assert.That(cpu.GetProperty("vector_bits").GetInt32(), Is.AnyOf(128, 256, 512));
        Assert.That(cpu.GetProperty("name").GetString(), Does.Contain($"{cpu.GetProperty("vector_bits").GetInt32()}-bit"));
        Assert.That(cpu.GetProperty("free_bytes").GetInt64(), Is.Positive);
        Assert.That(run.Json.Select(line => line.GetProperty("kind").GetString()), Has.One.EqualTo("simulator").And.Exactly(2).EqualTo("library"));
    }

    [Test]
    public async Task Devices_SaysOfEachLibraryWhereItIsOrWhyNot()
    {
        CliRun run = await CliRun.OfAsync("devices");

        foreach ((string name, GpuProbe probe) in new[] { ("CUDA driver", CudaDriver.Probe()), ("NVRTC", KernelCompiler.Probe()) })
        {
            string[] expected = probe.IsUsable ? [$"{name}: {probe.VersionText} ({probe.Path})"] : [$"{name}: cannot be used.", .. probe.Problem.Split('\n').Select(line => "  " + line)];
            Assert.That(run.OutputLines, Is.SupersetOf(expected));
        }
    }

    [Test]
    public void Devices_OfAMachineWithGpusNamesEachAsTheOptionTakesIt()
    {
        string[] lines = Lines(asJson: false, Cuda, Nvrtc);

        Assert.That(lines, Has.Some.Matches("^cuda:0 +First +compute capability 9.0, 132 multiprocessors +80.0 GiB$"));
        Assert.That(lines, Has.Some.Matches("^cuda:1 +Second +compute capability 7.5"));
        Assert.That(lines, Has.Some.Matches("^simulator +PTX simulator +runs the GPU's kernels on the CPU"));
        Assert.That(lines[^2..], Is.EqualTo(new[] { "CUDA driver: 13.1 (/driver/libcuda.so.1)", "NVRTC: 12.4 (/toolkit/libnvrtc.so.12)" }));
    }

    [Test]
    public void Devices_OfAMachineWithGpusTellsProgramsWhichCanBeUsed()
    {
        JsonElement[] gpus = [.. Lines(asJson: true, Cuda, Nvrtc).Select(line => JsonDocument.Parse(line).RootElement).Where(line => line.GetProperty("kind").GetString() == "cuda")];

        Assert.That(gpus.Select(gpu => gpu.GetProperty("device").GetString()), Is.EqualTo(new[] { "cuda:0", "cuda:1" }));
        Assert.That(gpus.Select(gpu => gpu.GetProperty("usable").GetBoolean()), Is.EqualTo(new[] { true, false }));
    }

    [Test]
    public void Devices_OfAMachineWithoutCudaSaysWhyAndWhatToDo()
    {
        string[] lines = Lines(asJson: false, Missing, Missing);

        string[] reason = ["  It was not found.", "  Sought: here; there.", "  Install it."];
        Assert.That(lines[^8..], Is.EqualTo((string[])["CUDA driver: cannot be used.", .. reason, "NVRTC: cannot be used.", .. reason]));
        Assert.That(lines, Has.Some.Matches("^simulator .*cannot be used without NVRTC"));
    }

    private static string[] Lines(bool asJson, GpuProbe cuda, GpuProbe nvrtc)
    {
        using StringWriter output = new() { NewLine = "\n" };
        DevicesCommand.Run(new CliHost(TextReader.Null, output, TextWriter.Null), asJson, cuda, nvrtc);
        return output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static GpuProperties Gpu(string name, int capability) => new()
    {
        Name = name,
        ComputeCapability = capability,
        DriverVersion = 13010,
        Multiprocessors = 132,
        TotalBytes = 80L << 30,
        L2Bytes = 1,
        MaxSharedBytesPerBlock = 1,
        SharedBytesPerMultiprocessor = 1,
        RegistersPerMultiprocessor = 1,
        MaxThreadsPerMultiprocessor = 1,
    };
}
