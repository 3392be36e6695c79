using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
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

    private static readonly Option<int> Limit = new("--limit")
    {
        Description = "The most workloads of each definition, the first ones. Default: all.",
        HelpName = "count",
    };

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

    private static readonly Option<int> Seed = new("--seed")
    {
        Description = "What random inputs are drawn from. Default: 0.",
        HelpName = "number",
    };

    private static readonly Option<double> TimeLimit = new("--time-limit")
    {
        Description = "The longest that one run may take, seconds; longer is a TIMEOUT. Default: 300.",
        HelpName = "seconds",
        DefaultValueFactory = _ => new TraceOptions().TimeLimit.TotalSeconds,
    };

    private static readonly Option<int> Samples = new("--samples")
    {
        Description = $"On a GPU: samples that the median and its spread are taken from, {TimingOptions.MinSamples} at least. Default: 50.",
        HelpName = "count",
        DefaultValueFactory = _ => new TimingOptions().Samples,
    };

    private static readonly Option<string[]> Include = new("--include", "-I")
    {
        Description = "A folder with headers that a solution does not bring along, for instance those of a CUDA toolkit. Can be given more than once.",
        HelpName = "folder",
    };

    static KernelsTraceCommand()
    {
        Samples.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.GetValueOrDefault<int>() < TimingOptions.MinSamples)
            {
                result.AddError($"--samples must be at least {TimingOptions.MinSamples}.");
            }
        });
        Limit.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.GetValueOrDefault<int>() < 1)
            {
                result.AddError("--limit must be at least 1.");
            }
        });
        TimeLimit.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !(result.GetValueOrDefault<double>() is > 0 and < 1e6))
            {
                result.AddError("--time-limit must be more than 0 seconds.");
            }
        });
    }

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
        command.SetAction((parsed, cancellationToken) => RunAsync(host, parsed, device, gpus, cancellationToken));
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
            Timing = new TimingOptions { Samples = parsed.GetValue(Samples) },
            Seed = parsed.GetValue(Seed),
            TimeLimit = TimeSpan.FromSeconds(parsed.GetValue(TimeLimit)),
            Filter = parsed.GetValue(Filter)!,
            MaxWorkloads = parsed.GetValue(Limit),
            Operations = own?.For(dataset.Definitions.Values) ?? [],
            ReferenceSolution = parsed.GetValue(Reference),
            ExpectedFolder = parsed.GetValue(Expected) is not { } folder || Directory.Exists(folder) ? parsed.GetValue(Expected) : throw new UsageException($"--expected: there is no folder {folder}"),
            IncludeFolders = parsed.GetValue(Include) ?? [],
        };
        IEnumerable<TraceOutcome> outcomes = new TraceRunner(new KernelCompiler(), options).Run(dataset);
        using StreamWriter? file = parsed.GetValue(OutputFile) is { } path ? new StreamWriter(path, append: true) { NewLine = "\n" } : null;
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
