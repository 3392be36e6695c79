using System;
using System.CommandLine;
using System.Threading;
using System.Threading.Tasks;
using Spectre.Console;
using Winnow.Cli.Terminal;
using Winnow.Engine;

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

    public async Task<WinnowEngine> LoadAsync(ParseResult parsed, CliHost host, int maxSequences, CancellationToken cancellationToken)
    {
        string path = Model.PathOf(parsed);
        EngineOptions options = new()
        {
            Device = _device.Open(parsed, host, parsed.GetValue(_threads)),
            OwnsDevice = true,
            ContextTokens = parsed.GetValue(_context),
            MaxSequences = maxSequences,
            LoggerFactory = new StatusLoggerFactory(host.Error, parsed.GetValue(CommonOptions.Verbose)),
        };
        if (!host.ErrorIsTerminal || parsed.GetValue(CommonOptions.Json))
        {
            return await WinnowEngine.LoadAsync(path, options, null, cancellationToken).ConfigureAwait(false);
        }

        return await host.Status.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                LoadReporter reporter = new(context.AddTask("loading", maxValue: 1));
                return await WinnowEngine.LoadAsync(path, options, reporter, cancellationToken).ConfigureAwait(false);
            })
            .ConfigureAwait(false);
    }

    /// <summary>Forwards at once, unlike <see cref="Progress{T}"/>, whose reports may arrive after the end.</summary>
    private sealed class LoadReporter(ProgressTask task) : IProgress<LoadProgress>
    {
        public void Report(LoadProgress value)
        {
            task.MaxValue = Math.Max(1, value.BytesTotal);
            task.Value = value.BytesDone;
        }
    }
}
