using System;
using System.CommandLine;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Winnow.Cache.Policies;
using Winnow.Cli.Terminal;
using Winnow.Engine;
using Winnow.Evaluation;
using Winnow.Formats;
using Winnow.Formats.Configuration;
using Winnow.Kernels;
using Winnow.Models;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow bench engine</c>: how fast a model is on this machine, from a file or as a shape with random weights.</summary>
internal sealed class BenchEngineCommand
{
    private static readonly TensorType[] Types = [.. Enum.GetValues<TensorType>().Where(RandomTensorFile.CanMake)];

    private readonly CliHost _host;
    private readonly LoadOptions _load = new();
    private readonly KvPolicyOptions _policy = new();

    private readonly Option<string?> _shape = new("--shape")
    {
        Description = $"Instead of a model, random weights of a published shape: {string.Join(", ", ModelShapes.Names)}, or a path to a config.json.",
        HelpName = "name",
    };

    private readonly Option<bool> _random = new("--random-weights")
    {
        Description = "Of --model take config.json alone and make random weights; a --shape has no others.",
    };

    private readonly Option<string?> _type = new("--type")
    {
        Description = $"What random weights are stored in: {string.Join(", ", Types.Select(type => type.ToString().ToLowerInvariant()))}. Default: bf16.",
        HelpName = "type",
    };

    private readonly Option<int?> _prompt = SettingOption.Count("--prompt-tokens", "Tokens of each prompt. Default: 512.", 1);
    private readonly Option<int?> _new = SettingOption.Count("--new-tokens", "Tokens generated after each prompt. Default: 128.", 2);
    private readonly Option<int?> _batch = SettingOption.Count("--batch", "Sequences at the same time. Default: 1.", 1);
    private readonly Option<int?> _rounds = SettingOption.Count("--rounds", "How often, after rounds that warm up. Default: 3.", 1);

    private BenchEngineCommand(CliHost host) => _host = host;

    public static Command Create(CliHost host)
    {
        BenchEngineCommand self = new(host);
        Command command = new("engine", "Time prompts and generation of a model, or of its shape with random weights.");
        foreach (Option option in (Option[])[self._shape, self._random, self._type, self._prompt, self._new, self._batch, self._rounds])
        {
            command.Options.Add(option);
        }

        self._policy.AddTo(command);
        self._load.AddTo(command);
        command.SetAction(self.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        CachePolicy? policy = _policy.Read(parsed);
        var options = new EngineBenchmarkOptions
        {
            PromptTokens = parsed.GetValue(_prompt) ?? 512,
            NewTokens = parsed.GetValue(_new) ?? 128,
            Batch = parsed.GetValue(_batch) ?? 1,
            Rounds = parsed.GetValue(_rounds) ?? 3,
        };
        StartStopwatch start = new();
        ModelFiles files = Open(parsed);
        bool isOwned = false;
        try
        {
            using ComputeDevice device = _load.OpenDevice(parsed, _host);
            start.Pause();
            bool isShown = StatusBar.IsShown(parsed, _host);
            DevicePeaks? peaks = device.Name.Contains("simulator", StringComparison.OrdinalIgnoreCase)
                ? null
                : await StatusBar.RunAsync(_host, isShown, "measuring the device", _ => Task.Run(() => DevicePeaks.Measure(device, MainTypeOf(files)), cancellationToken)).ConfigureAwait(false);
            EngineOptions load = _load.Read(parsed, _host, options.Batch.Value).With(policy) with { Device = device };
            load = load with { ContextTokens = load.ContextTokens ?? (int)Math.Min(files.Config.ContextTokens, (long)options.PromptTokens.Value + options.NewTokens.Value) };
            isOwned = true;
            start.Continue();
            await using WinnowEngine engine = await StatusBar.RunAsync(_host, isShown, "loading", _ => WinnowEngine.LoadAsync(files, load, start, cancellationToken)).ConfigureAwait(false);
            start.Pause();
            EngineBenchmarkResult result = await StatusBar.RunAsync(_host, isShown, "timing", bar =>
                EngineBenchmark.RunAsync(engine, options, Counter.Of(bar, options), cancellationToken)).ConfigureAwait(false);
            new EngineReport(engine, device, policy, start, result, peaks).Write(_host, parsed.GetValue(CommonOptions.Json));
            return ExitCodes.Success;
        }
        finally
        {
            // From the moment that it loads them the engine disposes them.
            if (!isOwned)
            {
                files.Dispose();
            }
        }
    }

    private ModelFiles Open(ParseResult parsed)
    {
        string? shape = parsed.GetValue(_shape);
        if (shape is not null && !_load.Model.IsBundled(parsed))
        {
            throw new UsageException("--shape and --model exclude each other: a shape is what stands in for a model.");
        }

        if (shape is null && !parsed.GetValue(_random))
        {
            return parsed.GetValue(_type) is null
                ? ModelFiles.Open(_load.Model.PathOf(parsed))
                : throw new UsageException("--type says how random weights are stored; add --shape or --random-weights.");
        }

        return ModelFiles.Random(shape is null ? ConfigAt(_load.Model.PathOf(parsed)) : ConfigOf(shape), TypeOf(parsed));
    }

    private TensorType TypeOf(ParseResult parsed)
    {
        string name = parsed.GetValue(_type) ?? nameof(TensorType.BF16);
        int index = Array.FindIndex(Types, type => type.ToString().Equals(name, StringComparison.OrdinalIgnoreCase));
        return index >= 0 ? Types[index] : throw new UsageException(
            $"--type: random weights cannot be '{name}'; they can be {string.Join(", ", Types.Select(type => type.ToString().ToLowerInvariant()))}.");
    }

    private static HuggingFaceConfig ConfigOf(string shape)
    {
        if (ModelShapes.Names.Contains(shape, StringComparer.OrdinalIgnoreCase))
        {
            return ModelShapes.Get(shape);
        }

        return File.Exists(shape) || Directory.Exists(shape) ? ConfigAt(shape) : throw new UsageException(
            $"--shape: there is no shape '{shape}' and no such file; there are {string.Join(", ", ModelShapes.Names)}.");
    }

    private static HuggingFaceConfig ConfigAt(string path) =>
        HuggingFaceConfig.Open(Directory.Exists(path) ? Path.Combine(path, "config.json") : path);

    private static DType MainTypeOf(ModelFiles files) =>
        Enum.TryParse(files.Tensors.Tensors.MaxBy(tensor => tensor.Bytes)!.Type.ToString(), out DType type) ? type : DType.F16;

    private sealed class Counter(StatusBar bar) : IProgress<int>
    {
        public static Counter? Of(StatusBar? bar, EngineBenchmarkOptions options)
        {
            if (bar is null)
            {
                return null;
            }

            bar.Total = options.Batch!.Value * options.NewTokens!.Value * options.Rounds!.Value;
            return new Counter(bar);
        }

        public void Report(int value) => bar.Done += value;
    }
}
