using System;
using System.CommandLine;
using System.Threading;
using System.Threading.Tasks;
using Winnow.Cache.Policies;
using Winnow.Cli.Terminal;
using Winnow.Engine;
using Winnow.Kernels;

namespace Winnow.Cli.Commands;

/// <summary>The options of commands that compute, and loading the engine with progress shown.</summary>
internal sealed class LoadOptions
{
    private readonly Option<int?> _threads = SettingOption.Count("--threads", "How many threads compute. Default: one for each processor.", 1, 1024);
    private readonly Option<int?> _context = SettingOption.Count("--context", "The longest text in tokens. Default: what the model was made for.", 1);

    private readonly DeviceOption _device = new();

    public ModelOption Model { get; } = new();

    public void AddTo(Command command)
    {
        Model.AddTo(command);
        _device.AddTo(command);
        command.Options.Add(_threads);
        command.Options.Add(_context);
    }

    /// <summary>Opens the device and loads an engine that owns it.</summary>
    public Task<WinnowEngine> LoadAsync(
        ParseResult parsed, CliHost host, int maxSequences, CancellationToken cancellationToken, CachePolicy? policy = null)
    {
        EngineOptions options = Read(parsed, host, maxSequences).With(policy) with { Device = OpenDevice(parsed, host), OwnsDevice = true };
        return StatusBar.RunAsync(host, StatusBar.IsShown(parsed, host), "loading", bar =>
            WinnowEngine.LoadAsync(Model.PathOf(parsed), options, bar is null ? null : new LoadReporter(bar), cancellationToken));
    }

    /// <summary>Opens the device; the caller disposes it.</summary>
    public ComputeDevice OpenDevice(ParseResult parsed, CliHost host) => _device.Open(parsed, host, parsed.GetValue(_threads));

    /// <summary>The options of an engine but for its device.</summary>
    public EngineOptions Read(ParseResult parsed, CliHost host, int maxSequences) => new()
    {
        ContextTokens = parsed.GetValue(_context),
        MaxSequences = maxSequences,
        LoggerFactory = new StatusLoggerFactory(host.Error, parsed.GetValue(CommonOptions.Verbose)),
    };

    /// <summary>Forwards at once, unlike <see cref="Progress{T}"/>, whose reports may arrive after the end.</summary>
    private sealed class LoadReporter(StatusBar bar) : IProgress<LoadProgress>
    {
        public void Report(LoadProgress value)
        {
            bar.Text = value.Stage == LoadStage.Compiling ? "compiling kernels" : "loading";
            bar.Total = Math.Max(1, value.BytesTotal);
            bar.Done = value.BytesDone;
        }
    }
}
