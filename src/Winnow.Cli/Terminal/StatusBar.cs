using System;
using System.CommandLine;
using System.Threading.Tasks;
using Spectre.Console;

namespace Winnow.Cli.Terminal;

/// <summary>A bar on the error stream that shows how far something is, and goes when it is done.</summary>
internal sealed class StatusBar
{
    private readonly ProgressTask _task;

    private StatusBar(ProgressTask task) => _task = task;

    /// <summary>What is being done.</summary>
    public string Text
    {
        set => _task.Description = Markup.Escape(value);
    }

    public double Total
    {
        set => _task.MaxValue = value;
    }

    public double Done
    {
        get => _task.Value;
        set => _task.Value = value;
    }

    /// <summary>Whether people are looking.</summary>
    public static bool IsShown(ParseResult parsed, CliHost host) => host.ErrorIsTerminal && !parsed.GetValue(CommonOptions.Json);

    /// <summary>Runs something under a bar, or with null in its place where none is shown.</summary>
    public static Task<T> RunAsync<T>(CliHost host, bool isShown, string text, Func<StatusBar?, Task<T>> work)
    {
        if (!isShown)
        {
            return work(null);
        }

        return host.Status.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(context => work(new StatusBar(context.AddTask(Markup.Escape(text), maxValue: 1))));
    }
}
