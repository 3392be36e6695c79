using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;
using Winnow.Cli.Terminal;
using Winnow.Engine;
using Winnow.Kernels;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow eval perplexity</c>: how well a model predicts a text while a policy cuts the cache.</summary>
internal sealed class EvalPerplexityCommand
{
    private const int UsualChunk = 16;

    private readonly CliHost _host;
    private readonly LoadOptions _load = new();
    private readonly PolicySweep _sweep = new("64,256,1");
    private readonly Option<string> _text = new("--text") { Description = "A text file; - reads the standard input.", HelpName = "file", Required = true };

    private readonly Option<int?> _window = SettingOption.Count(
        "--window",
        "Tokens in a window; windows do not overlap. Default: the context, or the whole text for policies whose positions are those of the cache.", 2);

    private readonly Option<int?> _maxWindows = SettingOption.Count("--max-windows", "Stop after this many windows.", 1);

    private readonly Option<int?> _chunk = SettingOption.Count(
        "--chunk", $"Slots leave after every so many tokens; 1 decodes token by token. Default: {UsualChunk}.", 1);

    private EvalPerplexityCommand(CliHost host) => _host = host;

    public static Command Create(CliHost host)
    {
        EvalPerplexityCommand self = new(host);
        Command command = new(
            "perplexity", "Measure how well a model predicts a text while a policy cuts the KV cache; some policies stream far beyond the context.");
        command.Options.Add(self._text);
        self._sweep.AddTo(command);
        command.Options.Add(self._chunk);
        command.Options.Add(self._window);
        command.Options.Add(self._maxWindows);
        self._load.AddTo(command);
        command.SetAction(self.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        IReadOnlyList<PolicyRun> runs = _sweep.Read(parsed, _host);
        string text = await TextInput.ReadAsync(parsed.GetValue(_text)!, _host, cancellationToken).ConfigureAwait(false);
        TextTable table = await StatusBar.RunAsync(
            _host, StatusBar.IsShown(parsed, _host), "perplexity", bar => MeasureAsync(parsed, runs, text, bar, cancellationToken)).ConfigureAwait(false);
        if (!parsed.GetValue(CommonOptions.Json))
        {
            table.Write(_host);
        }

        return ExitCodes.Success;
    }

    private async Task<TextTable> MeasureAsync(
        ParseResult parsed, IReadOnlyList<PolicyRun> runs, string text, StatusBar? bar, CancellationToken cancellationToken)
    {
        TextTable table = new("policy", "#budget", "#perplexity", "#predicted tokens", "#window", "#slots", "#bytes", "#tokens/s");
        PerplexityOptions options = new() { WindowTokens = parsed.GetValue(_window), MaxWindows = parsed.GetValue(_maxWindows) };
        using ComputeDevice device = _load.OpenDevice(parsed, _host);
        EngineOptions load = _load.Read(parsed, _host, 1) with { Device = device, PrefillChunkTokens = parsed.GetValue(_chunk) ?? UsualChunk };
        foreach (PolicyRun run in runs)
        {
            await using WinnowEngine engine = await WinnowEngine.LoadAsync(
                _load.Model.PathOf(parsed), load.With(run.Policy), null, cancellationToken).ConfigureAwait(false);
            long started = Stopwatch.GetTimestamp();
            PerplexityResult result = await WatchAsync(
                engine.PerplexityAsync(text, options, cancellationToken), engine, run, bar, runs.Count).ConfigureAwait(false);
            double speed = result.Tokens / Stopwatch.GetElapsedTime(started).TotalSeconds;
            Add(table, run, result, speed);
            if (parsed.GetValue(CommonOptions.Json))
            {
                WriteJson(run, result, speed);
            }
        }

        return table;
    }

    // The engine counts what it has computed, and the first run tells how much that is for all of them.
    private static async Task<PerplexityResult> WatchAsync(Task<PerplexityResult> task, WinnowEngine engine, PolicyRun run, StatusBar? bar, int runs)
    {
        if (bar is null)
        {
            return await task.ConfigureAwait(false);
        }

        bar.Total = runs;
        double before = Math.Ceiling(bar.Done);
        while (!task.IsCompleted)
        {
            bar.Text = $"{run}: {Quantities.Number(engine.Statistics.ComputedTokens)} tokens";
            await Task.WhenAny(task, Task.Delay(TimeSpan.FromMilliseconds(200))).ConfigureAwait(false);
        }

        bar.Done = before + 1;
        return await task.ConfigureAwait(false);
    }

    private static void Add(TextTable table, PolicyRun run, PerplexityResult result, double speed) => table.Add(
        run.Name, run.Budget.ToString(), Quantities.Number(result.Perplexity, "0.0000"), Quantities.Number(result.Tokens),
        Quantities.Number((result.Cache?.Tokens ?? 0) + 1), Quantities.Number(SlotsOf(result), "0.0"), Quantities.Bytes(result.Cache?.Bytes ?? 0),
        Quantities.Number(speed, "0"));

    private void WriteJson(PolicyRun run, PerplexityResult result, double speed)
    {
        JsonLine.Write(_host.Output, json =>
        {
            json.WriteString("policy", run.Name);
            json.WriteString("budget", run.Budget.ToString());
            json.WriteNumber("perplexity", result.Perplexity);
            json.WriteNumber("mean_negative_log_likelihood", result.MeanNegativeLogLikelihood);
            json.WriteNumber("tokens", result.Tokens);
            json.WriteNumber("window", (result.Cache?.Tokens ?? 0) + 1);
            json.WriteNumber("slots", SlotsOf(result));
            json.WriteNumber("bytes", result.Cache?.Bytes ?? 0);
            json.WriteNumber("full_bytes", result.Cache?.FullBytes ?? 0);
            json.WriteNumber("tokens_per_second", speed);
        });
        _host.Output.Flush();
    }

    private static double SlotsOf(PerplexityResult result) => result.Cache is { } cache ? cache.Kept * cache.Tokens : 0;
}
