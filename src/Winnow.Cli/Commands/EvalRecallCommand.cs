using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Winnow.Cli.Terminal;
using Winnow.Engine;
using Winnow.Evaluation;
using Winnow.Kernels;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow eval recall</c>: what a model still recalls of a text when a policy has cut the cache.</summary>
internal sealed class EvalRecallCommand
{
    private const int Concurrency = 8;

    private readonly CliHost _host;
    private readonly LoadOptions _load = new();
    private readonly PolicySweep _sweep = new("0.1,0.25,0.5,1");

    private readonly Option<string?> _questions = new("--questions")
    {
        Description = "A file with questions, one JSON object a line: length, context, question, answer. Default: the tales that ship with winnow.",
        HelpName = "path",
    };

    private readonly Option<string?> _length = new("--length")
    {
        Description = "Only questions of these lengths, with commas between them. Default: all.",
        HelpName = "n,m,...",
    };

    private readonly Option<int?> _limit = SettingOption.Count("--limit", "At most this many questions of each length.", 1);

    private readonly Option<int?> _chunk = SettingOption.Count(
        "--chunk", "Slots leave after every so many tokens of a text; 1 reads it token by token, as policies need that cut while decoding only. Default: 256.", 1);

    private readonly Option<bool> _queryAware = new("--query-aware")
    {
        Description = "Text and question are read together before the cache is cut. Default: the cache is cut first, then the question is read.",
    };

    private readonly Option<string?> _svg = new("--svg") { Description = "Draw recall against bytes kept, one line a policy, to this file.", HelpName = "path" };

    private EvalRecallCommand(CliHost host) => _host = host;

    /// <summary>The questions that ship with the program.</summary>
    public static string BundledQuestions { get; } = Path.Combine(ModelOption.BundledPath, "recall.jsonl");

    public static Command Create(CliHost host)
    {
        EvalRecallCommand self = new(host);
        Command command = new("recall", "Ask questions about texts of which a policy has cut the KV cache; answers are greedy and count when they are exact.");
        self._sweep.AddTo(command);
        foreach (Option option in (Option[])[self._questions, self._length, self._limit, self._chunk, self._queryAware, self._svg])
        {
            command.Options.Add(option);
        }

        self._load.AddTo(command);
        command.SetAction(self.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        IReadOnlyList<PolicyRun> runs = _sweep.Read(parsed, _host);
        RecallQuestion[] questions = Choose(
            parsed, await RecallQuestion.ReadAsync(parsed.GetValue(_questions) ?? BundledQuestions, cancellationToken).ConfigureAwait(false));
        string? svg = parsed.GetValue(_svg);
        CheckFolder(svg);
        RecallReport report = await StatusBar.RunAsync(
            _host, StatusBar.IsShown(parsed, _host), "recall", bar => MeasureAsync(parsed, runs, questions, bar, cancellationToken)).ConfigureAwait(false);
        if (!parsed.GetValue(CommonOptions.Json))
        {
            report.WriteTable(_host);
        }

        if (svg is not null)
        {
            using StreamWriter file = new(svg);
            report.WritePlot(file);
        }

        return ExitCodes.Success;
    }

    private async Task<RecallReport> MeasureAsync(
        ParseResult parsed, IReadOnlyList<PolicyRun> runs, RecallQuestion[] questions, StatusBar? bar, CancellationToken cancellationToken)
    {
        bool queryAware = parsed.GetValue(_queryAware);
        RecallOptions options = new() { QueryAware = queryAware, Concurrency = Concurrency };
        RecallReport? report = null;
        Counter? counter = null;
        if (bar is not null)
        {
            bar.Total = runs.Count * questions.Length;
            counter = new Counter(bar);
        }

        using ComputeDevice device = _load.OpenDevice(parsed, _host);
        EngineOptions load = _load.Read(parsed, _host, Concurrency) with { Device = device, PrefillChunkTokens = parsed.GetValue(_chunk) };
        foreach (PolicyRun run in runs)
        {
            if (bar is not null)
            {
                bar.Text = run.ToString();
            }

            await using WinnowEngine engine = await WinnowEngine.LoadAsync(
                _load.Model.PathOf(parsed), load.With(run.Policy), null, cancellationToken).ConfigureAwait(false);
            report ??= new RecallReport { ModelName = engine.ModelName, QueryAware = queryAware };
            report.Add(run, await RecallEvaluation.RunAsync(engine, questions, options, counter, cancellationToken).ConfigureAwait(false));
            if (parsed.GetValue(CommonOptions.Json))
            {
                report.WriteJson(_host.Output);
            }
        }

        return report!;
    }

    private RecallQuestion[] Choose(ParseResult parsed, IReadOnlyList<RecallQuestion> questions)
    {
        int[] there = [.. questions.Select(question => question.Length).Distinct().Order()];
        int[] lengths = parsed.GetValue(_length) is { } text ? [.. Lengths(text, there)] : there;
        return
        [
            .. lengths.SelectMany(length => questions.Where(question => question.Length == length).Take(parsed.GetValue(_limit) ?? int.MaxValue)),
        ];
    }

    private static IEnumerable<int> Lengths(string text, int[] there) => text.Split(',', StringSplitOptions.TrimEntries).Distinct().Select(part =>
        int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int length) && there.Contains(length)
            ? length
            : throw new UsageException($"--length: there are no questions of length '{part}'; there are of {string.Join(", ", there)}."));

    // Before minutes of work rather than after them.
    private static void CheckFolder(string? path)
    {
        if (path is not null && Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder && !Directory.Exists(folder))
        {
            throw new WinnowException($"{path}: there is no folder {folder} to write it to.");
        }
    }

    private sealed class Counter(StatusBar bar) : IProgress<int>
    {
        public void Report(int value) => bar.Done += value;
    }
}
