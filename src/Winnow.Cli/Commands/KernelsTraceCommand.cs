using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Winnow.Benchmarking.Compilation;
using Winnow.Benchmarking.Timing;
using Winnow.Benchmarking.Traces;
using Winnow.Cli.Terminal;
using Winnow.Gpu;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow kernels trace</c>: public sets of kernel problems, as FlashInfer-Trace writes them.</summary>
internal static class KernelsTraceCommand
{
    private static readonly Argument<string[]> Paths = new("dataset")
    {
        Description = "A folder with definitions/, solutions/ and workloads/, or single .json and .jsonl files of those.",
        HelpName = "dataset",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<string?> OutputFile = new("--output", "-o")
    {
        Description = "Adds the traces to this file, one a line. With --json they are written to the output.",
        HelpName = "file.jsonl",
    };

    private static readonly Option<string> Filter = new("--filter")
    {
        Description = "Only solutions with this in their name or in that of their definition.",
        HelpName = "text",
        DefaultValueFactory = _ => "",
    };

    private static readonly Option<int?> Limit = SettingOption.Count("--limit", "The most workloads of each definition, the first ones. Default: all.", 1);

    private static readonly Option<bool> Own = new("--winnow")
    {
        Description = "Runs Winnow's own operations on the processor as well, where a definition is one of them.",
    };

    private static readonly Option<string?> Reference = new("--reference")
    {
        Description = "The solution that the others are compared with; on a GPU they take turns. Default: expected outputs, else the references in C#.",
        HelpName = "solution",
    };

    private static readonly Option<string?> Expected = new("--expected")
    {
        Description = "A folder of expected outputs: UUID.safetensors for a workload, with a tensor for each output.",
        HelpName = "folder",
    };

    private static readonly Option<int?> Seed = SettingOption.Count("--seed", "What random inputs are drawn from. Default: 0.", int.MinValue);

    private static readonly Option<float?> TimeLimit = SettingOption.Number(
        "--time-limit", "The longest that one run may take, seconds; longer is a TIMEOUT. Default: 300.", 0.001f, 1_000_000);

    private static readonly Option<int?> Samples = SettingOption.Count(
        "--samples", $"On a GPU: samples that the median and its spread are taken from, {TimingOptions.MinSamples} at least. Default: 50.", TimingOptions.MinSamples);

    private static readonly Option<string[]> Include = new("--include", "-I")
    {
        Description = "A folder with headers that a solution does not bring along, for instance those of a CUDA toolkit. Can be given more than once.",
        HelpName = "folder",
    };

    public static Command Create(CliHost host)
    {
        KernelDevice device = new();
        GpuOption gpus = new();
        Command command = new("trace", "Run the solutions of a FlashInfer-Trace data set on its workloads: check them, time or predict them, and write traces.")
        {
            Paths, OutputFile, Filter, Limit, Own, Reference, Expected, Seed, TimeLimit, Samples, Include,
        };
        device.AddTo(command);
        gpus.AddTo(command);
        command.SetAction((parsed, cancellationToken) =>
            Interruptible.RunAsync(() => RunAsync(host, parsed, device, gpus, cancellationToken), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(CliHost host, ParseResult parsed, KernelDevice device, GpuOption gpus, CancellationToken cancellationToken)
    {
        TraceDataset dataset = TraceDataset.Load(parsed.GetValue(Paths)!);
        using CudaDriver? gpu = device.OpenGpu(parsed);
        using TraceOperations? own = parsed.GetValue(Own) ? new TraceOperations() : null;
        IReadOnlyList<GpuSpecification> predicted = gpus.Get(parsed);
        TraceOptions options = new()
        {
            Gpu = gpu,
            SimulatorArchitecture = device.Architecture(parsed),
            PredictFor = predicted.Count == 1 ? predicted[0] : throw new UsageException("a trace holds one prediction: name one GPU with --gpu"),
            Timing = new TimingOptions { Samples = parsed.GetValue(Samples) ?? new TimingOptions().Samples },
            Seed = parsed.GetValue(Seed) ?? 0,
            TimeLimit = parsed.GetValue(TimeLimit) is { } limit ? TimeSpan.FromSeconds(limit) : new TraceOptions().TimeLimit,
            Filter = parsed.GetValue(Filter)!,
            MaxWorkloads = parsed.GetValue(Limit) ?? 0,
            Operations = own?.For(dataset.Definitions.Values) ?? [],
            ReferenceSolution = parsed.GetValue(Reference),
            ExpectedFolder = parsed.GetValue(Expected) is not { } folder || Directory.Exists(folder) ? parsed.GetValue(Expected) : throw new UsageException($"--expected: there is no folder {folder}"),
            IncludeFolders = KernelOptions.Folders(parsed.GetValue(Include)) ?? [],
        };
        CheckFilter(dataset, options);
        IEnumerable<TraceOutcome> outcomes = new TraceRunner(new KernelCompiler(), options).Run(dataset);
        using StreamWriter? file = parsed.GetValue(OutputFile) is { } path ? new StreamWriter(path, append: true) { NewLine = "\n", AutoFlush = true } : null;
        TraceReport report = new(host, parsed.GetValue(CommonOptions.Json), file, isMeasured: gpu is not null);
        report.AddProblems(dataset.Problems);
        await StatusBar.RunAsync(host, StatusBar.IsShown(parsed, host), "traces", async bar =>
        {
            await Task.Run(() => Run(outcomes, report, bar, dataset.Workloads.Count, cancellationToken), cancellationToken).ConfigureAwait(false);
            return 0;
        }).ConfigureAwait(false);
        report.Write(parsed.GetValue(OutputFile));
        return report.IsGood ? ExitCodes.Success : ExitCodes.Failure;
    }

    // Whoever misspells a name would read of a run without outcomes only. What could not be read is reported by the run.
    private static void CheckFilter(TraceDataset dataset, TraceOptions options)
    {
        string[] names = [.. dataset.Solutions.Values.Select(solution => solution.Name), .. options.Operations.Select(operation => operation.Name)];
        IEnumerable<string> known = names.Concat(dataset.Solutions.Values.Select(solution => solution.Definition)).Concat(options.Operations.Select(operation => operation.Definition));
        if (dataset.Problems.Count > 0 || known.Any(name => name.Contains(options.Filter, StringComparison.OrdinalIgnoreCase)))
        {
            return;
        }

        throw new UsageException(names.Length == 0
            ? "there are no solutions in what was named: name their files or folder as well, or run Winnow's own operations with --winnow"
            : $"no solution has '{options.Filter}' in its name or in that of its definition: there are {string.Join(", ", names.Order(StringComparer.Ordinal).Take(20))}");
    }

    private static void Run(IEnumerable<TraceOutcome> outcomes, TraceReport report, StatusBar? bar, int workloads, CancellationToken cancellationToken)
    {
        HashSet<string> done = [];
        foreach (TraceOutcome outcome in outcomes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            report.Add(outcome);
            if (bar is not null && outcome.Workload is not null && done.Add(outcome.Workload.Uuid))
            {
                (bar.Text, bar.Done) = (outcome.Definition, done.Count / (double)Math.Max(1, workloads));
            }
        }
    }
}
