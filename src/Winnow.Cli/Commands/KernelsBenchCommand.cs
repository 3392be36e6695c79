using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Winnow.Benchmarking;
using Winnow.Benchmarking.Compilation;
using Winnow.Benchmarking.Descriptions;
using Winnow.Benchmarking.Prediction;
using Winnow.Benchmarking.Timing;
using Winnow.Cli.Terminal;
using Winnow.Gpu;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow kernels bench</c>: a kernel's time; measured where there is a GPU, predicted where there is none, and it says which.</summary>
internal static class KernelsBenchCommand
{
    private static readonly Option<string?> Against = new("--against")
    {
        Description = "A second kernel that takes turns with the first: its name in the same file, or another .cu or .json file.",
        HelpName = "kernel",
    };

    private static readonly Option<string?> Filter = new("--filter")
    {
        Description = "Without a file: only the cases with this in family, name or shape, for instance linear/matvec.",
        HelpName = "text",
    };

    private static readonly Option<int?> Samples = SettingOption.Count(
        "--samples", $"Samples that the median and its spread are taken from, {TimingOptions.MinSamples} at least. Default: 50.", TimingOptions.MinSamples);

    private static readonly Option<string> Method = new("--method")
    {
        Description = "flush: events around one launch, the second-level cache written over before; rotate: a graph over copies of the arguments, five times the cache; "
            + "warm: a graph over the same arguments. Default: flush.",
        HelpName = "method",
        DefaultValueFactory = _ => "flush",
    };

    static KernelsBenchCommand() => Method.AcceptOnlyFromAmong("flush", "rotate", "warm");

    public static Command Create(CliHost host)
    {
        KernelOptions options = new(fileIsRequired: false);
        KernelDevice device = new();
        GpuOption gpus = new();
        Command command = new("bench", "Time a kernel, alone or in turns with another, or those that ship; with the GPU's own peaks. Without a GPU, predict.");
        options.AddTo(command, withLaunch: true);
        command.Options.Add(Against);
        command.Options.Add(Filter);
        command.Options.Add(Samples);
        command.Options.Add(Method);
        device.AddTo(command);
        gpus.AddTo(command);
        command.SetAction((parsed, cancellationToken) => options.File(parsed) is null
            ? RunCasesAsync(host, parsed, options, device, gpus, cancellationToken)
            : Interruptible.RunAsync(() => Run(host, parsed, options, device, gpus), cancellationToken));
        return command;
    }

    private static async Task<int> RunCasesAsync(
        CliHost host, ParseResult parsed, KernelOptions options, KernelDevice device, GpuOption gpus, CancellationToken cancellationToken)
    {
        options.RequireNothingOfAFile(parsed);
        if (parsed.GetValue(Against) is not null)
        {
            throw new UsageException("--against needs a file to compare with");
        }

        KernelCasesRun cases = new(host, parsed.GetValue(CommonOptions.Json));
        bool showsProgress = StatusBar.IsShown(parsed, host);
        using CudaDriver? gpu = device.OpenGpu(parsed);
        return gpu is null
            ? await cases.PredictAsync(parsed.GetValue(Filter), gpus.Get(parsed), showsProgress, cancellationToken).ConfigureAwait(false)
            : await cases.MeasureAsync(parsed.GetValue(Filter), gpu, Timing(parsed), showsProgress, cancellationToken).ConfigureAwait(false);
    }

    private static TimingOptions Timing(ParseResult parsed) => new() { Samples = parsed.GetValue(Samples) ?? new TimingOptions().Samples, Method = MethodOf(parsed.GetValue(Method)!) };

    private static int Run(CliHost host, ParseResult parsed, KernelOptions options, KernelDevice device, GpuOption gpus)
    {
        if (parsed.GetValue(Filter) is not null)
        {
            throw new UsageException("--filter chooses among the kernels that ship, and a file was named");
        }

        IReadOnlyList<BenchEntrant> entrants = Entrants(parsed, options);
        using CudaDriver? gpu = device.OpenGpu(parsed);
        bool asJson = parsed.GetValue(CommonOptions.Json);
        try
        {
            if (gpu is null)
            {
                Predict(host, asJson, device.Architecture(parsed), entrants, gpus.Get(parsed));
            }
            else
            {
                Measure(host, asJson, gpu, Timing(parsed), entrants);
            }
        }
        catch (GpuFaultException fault)
        {
            KernelsProfileCommand.WriteFinding(host, asJson, fault);
            return ExitCodes.Failure;
        }

        return ExitCodes.Success;
    }

    /// <summary>One kernel or two. Kernels of two files often have one name, so those are called by their files as well.</summary>
    private static IReadOnlyList<BenchEntrant> Entrants(ParseResult parsed, KernelOptions options)
    {
        KernelDescription description = options.Description(parsed);
        if (parsed.GetValue(Against) is not { } against)
        {
            return [new(description)];
        }

        if (Path.GetExtension(against) is not (".cu" or ".json"))
        {
            return [new(description), new(description with { Kernel = against, Check = null }, against == description.Kernel ? "again" : "")];
        }

        string file = options.File(parsed)!;
        KernelDescription other = KernelDescription.Load(against, includeFolders: options.Includes(parsed)).WithKnownAxes(description.Axes);
        return [new(description, file), new(other, against == file ? file + ", again" : against)];
    }

    private static TimingMethod MethodOf(string method) => method switch
    {
        "rotate" => TimingMethod.Rotate,
        "warm" => TimingMethod.Warm,
        _ => TimingMethod.Flush,
    };

    private static void Predict(CliHost host, bool asJson, string architecture, IReadOnlyList<BenchEntrant> entrants, IReadOnlyList<GpuSpecification> gpus)
    {
        if (!asJson)
        {
            host.Output.WriteLine("No GPU is used here, so nothing is measured: these are predictions from the simulator's counts.");
        }

        KernelCompiler compiler = new();
        foreach (BenchEntrant entrant in entrants)
        {
            ProfiledKernel kernel = ProfiledKernel.Run(compiler, entrant.Description, architecture: architecture);
            foreach (GpuSpecification gpu in gpus)
            {
                KernelPrediction prediction = kernel.Predict(compiler, gpu);
                if (asJson)
                {
                    JsonLine.Write(host.Output, json =>
                    {
                        PredictionText.Write(json, prediction);
                        entrant.Write(json, "from");
                    });
                }
                else
                {
                    host.Output.WriteLine($"{entrant.Call(prediction.Kernel)} on {gpu.Name}: {PredictionText.Summary(prediction)}");
                }
            }
        }
    }

    /// <summary>Times one kernel on a driver, or two in turns.</summary>
    public static void Measure(CliHost host, bool asJson, GpuDriver gpu, TimingOptions timing, IReadOnlyList<BenchEntrant> entrants)
    {
        KernelBenchmark benchmark = new(gpu, new KernelCompiler(), timing);
        GpuState? before = GpuState.Read();
        PeakRates peaks = benchmark.MeasurePeaks();
        PairedTiming? pair = entrants.Count == 1 ? null : benchmark.Compare(entrants[0].Description, entrants[1].Description);
        KernelTiming[] timings = pair is null ? [benchmark.Measure(entrants[0].Description)] : [pair.First, pair.Second];
        string[] names = [.. entrants.Zip(timings, (entrant, kernel) => entrant.Call(kernel.Kernel))];
        GpuState? after = GpuState.Read();
        if (!asJson)
        {
            WriteTable(host, names, timings, peaks);
            WriteNotes(host, names, timings[0], pair, peaks);
            host.Output.WriteLine(before is null || after is null ? "clocks and power: nvidia-smi does not tell" : $"before: {before}; after: {after}");
            return;
        }

        foreach ((BenchEntrant entrant, KernelTiming kernel) in entrants.Zip(timings))
        {
            JsonLine.Write(host.Output, json =>
            {
                Write(json, kernel, peaks, after);
                entrant.Write(json, "from");
            });
        }

        if (pair is not null)
        {
            JsonLine.Write(host.Output, json =>
            {
                Write(json, pair);
                entrants[1].Write(json, "from");
                entrants[0].Write(json, "against_from");
            });
        }
    }

    private static void WriteTable(CliHost host, string[] names, KernelTiming[] timings, PeakRates peaks)
    {
        TextTable table = new("kernel", "#measured", "#p10", "#p90", "#GB/s", "#of copy", "#TFLOP/s", "#of tensor");
        foreach ((string name, KernelTiming kernel) in names.Zip(timings))
        {
            table.Add(
                name,
                Quantities.Microseconds(kernel.Microseconds.Median),
                Quantities.Microseconds(kernel.Microseconds.P10),
                Quantities.Microseconds(kernel.Microseconds.P90),
                Quantities.Number(kernel.BytesPerSecond / 1e9, "0"),
                Percent(kernel.BytesPerSecond / peaks.CopyBytesPerSecond),
                kernel.FlopsPerSecond is { } flops ? Quantities.Number(flops / 1e12, "0.0") : "-",
                kernel.FlopsPerSecond is { } rate ? Percent(rate / peaks.TensorFlopsPerSecond) : "-");
        }

        table.Write(host);
    }

    private static void WriteNotes(CliHost host, string[] names, KernelTiming first, PairedTiming? pair, PeakRates peaks)
    {
        if (pair is { Ratio: { } ratio })
        {
            host.Output.WriteLine(
                $"{names[1]} takes {Ratio(ratio.Median)} x as long as {names[0]} (p10 {Ratio(ratio.P10)}, p90 {Ratio(ratio.P90)}, pair by pair)");
        }

        host.Output.WriteLine($"{first.Device}: {first.Method}");
        host.Output.WriteLine(
            $"peaks of this run: copy {Quantities.Number(peaks.CopyBytesPerSecond / 1e9, "0")} GB/s, tensor cores {Quantities.Number(peaks.TensorFlopsPerSecond / 1e12, "0")} TFLOP/s");
    }

    private static void Write(Utf8JsonWriter json, KernelTiming kernel, PeakRates peaks, GpuState? state)
    {
        json.WriteString("kind", "measured");
        json.WriteString("kernel", kernel.Kernel);
        json.WriteString("device", kernel.Device);
        json.WriteString("method", kernel.Method);
        json.WriteNumber("samples", kernel.Microseconds.Samples);
        json.WriteNumber("median_us", kernel.Microseconds.Median);
        json.WriteNumber("p10_us", kernel.Microseconds.P10);
        json.WriteNumber("p90_us", kernel.Microseconds.P90);
        json.WriteNumber("bytes", kernel.Bytes);
        json.WriteNumber("bytes_per_second", kernel.BytesPerSecond);
        json.WriteNumber("copy_bytes_per_second", peaks.CopyBytesPerSecond);
        json.WriteNumber("tensor_flops_per_second", peaks.TensorFlopsPerSecond);
        if (kernel.FlopsPerSecond is { } flops)
        {
            json.WriteNumber("flops_per_second", flops);
        }

        if (state is not null)
        {
            json.WriteNumber("clock_mhz", state.MultiprocessorMegahertz);
            json.WriteNumber("memory_clock_mhz", state.MemoryMegahertz);
            json.WriteNumber("watts", state.Watts);
        }
    }

    private static void Write(Utf8JsonWriter json, PairedTiming pair)
    {
        json.WriteString("kind", "ratio");
        json.WriteString("kernel", pair.Second.Kernel);
        json.WriteString("against", pair.First.Kernel);
        json.WriteNumber("median", pair.Ratio.Median);
        json.WriteNumber("p10", pair.Ratio.P10);
        json.WriteNumber("p90", pair.Ratio.P90);
    }

    private static string Percent(double part) => Quantities.Number(100 * part, "0") + "%";

    private static string Ratio(double ratio) => Quantities.Number(ratio, "0.000");
}
