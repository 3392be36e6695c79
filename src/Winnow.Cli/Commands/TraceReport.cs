using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using Winnow.Benchmarking.Traces;
using Winnow.Cli.Terminal;

namespace Winnow.Cli.Commands;

/// <summary>What came of the solutions of a data set: traces as they come, and at the end a table, reasons and counts.</summary>
internal sealed class TraceReport(CliHost host, bool asJson, TextWriter? file, bool isMeasured)
{
    private readonly List<TraceOutcome> _outcomes = [];
    private int _damaged;

    /// <summary>Whether everything that was run passed, and nothing was damaged.</summary>
    public bool IsGood => _damaged == 0 && _outcomes.Any(outcome => outcome.Kind != TraceOutcomeKind.Skipped) && Evaluations().All(status => status == TraceStatus.Passed);

    /// <summary>Files and lines that could not be read.</summary>
    public void AddProblems(IEnumerable<TraceFormatException> problems)
    {
        foreach (TraceFormatException problem in problems)
        {
            Complain(problem.Message);
        }
    }

    public void Add(TraceOutcome outcome)
    {
        _outcomes.Add(outcome);
        if (outcome.Trace is { } trace)
        {
            string line = TraceJson.Write(trace);
            file?.WriteLine(line);
            if (asJson)
            {
                host.Output.WriteLine(line);
            }
        }

        if (outcome is { Kind: TraceOutcomeKind.Skipped, IsDamaged: true })
        {
            Complain($"{Name(outcome)}: {outcome.Reason}");
        }
    }

    /// <summary>The end of it.</summary>
    /// <param name="path">The file that traces were added to; null for none.</param>
    public void Write(string? path)
    {
        if (!asJson)
        {
            WriteTable();
        }

        TextWriter writer = asJson ? host.Error : host.Output;
        WriteReasons(writer);
        int evaluated = Evaluations().Count();
        string statuses = string.Join(", ", Evaluations().GroupBy(status => status).OrderBy(group => group.Key).Select(group => $"{group.Count()} {TraceJson.NameOf(group.Key)}"));
        writer.WriteLine(
            $"{evaluated} evaluated{(evaluated > 0 ? $": {statuses}" : "")}; {_outcomes.Count(outcome => outcome.Kind == TraceOutcomeKind.NotChecked)} not checked; "
            + $"{_outcomes.Count(outcome => outcome is { Kind: TraceOutcomeKind.Skipped, IsDamaged: false })} skipped; {_damaged} damaged{(path is null ? "" : $"; {evaluated} traces added to {path}")}");
    }

    private void WriteTable()
    {
        TraceOutcome[] run = [.. _outcomes.Where(outcome => outcome.Kind != TraceOutcomeKind.Skipped)];
        if (run.Length == 0)
        {
            return;
        }

        if (!isMeasured)
        {
            string gpu = run.Select(outcome => outcome.Prediction?.Gpu.Name).FirstOrDefault(name => name is not null) is { } name ? $" for {name}" : "";
            host.Output.WriteLine($"No GPU is used here: CUDA runs on the simulator, and its times are predictions{gpu}.");
        }

        TextTable table = new("definition", "axes", "solution", "status", "#max abs error", "#allowed", "#measured", "#predicted");
        foreach (TraceOutcome outcome in run)
        {
            table.Add(
                outcome.Definition,
                string.Join(" ", outcome.Workload!.Axes.Select(axis => $"{axis.Key}={axis.Value}")),
                outcome.Solution,
                outcome.Trace is { } trace ? TraceJson.NameOf(trace.Evaluation!.Status) : "not checked",
                outcome.Outputs.Count > 0 ? Short(outcome.Outputs.Max(output => output.MaxAbsoluteError)) : "-",
                outcome.Outputs.Count > 0 ? Short(outcome.Outputs.MaxBy(output => output.MaxAbsoluteError)!.Allowed) : "-",
                outcome.MeasuredMilliseconds is { } measured ? Quantities.Microseconds(measured * 1000) : "-",
                outcome.Prediction is { } prediction ? Quantities.Microseconds(prediction.Microseconds) : "-");
        }

        table.Write(host);
    }

    /// <summary>The same reason is told once, with how often.</summary>
    private void WriteReasons(TextWriter writer)
    {
        IEnumerable<IGrouping<string, TraceOutcome>> failures = _outcomes
            .Where(outcome => outcome.Kind == TraceOutcomeKind.Evaluated && outcome.Reason.Length > 0)
            .GroupBy(outcome => $"{TraceJson.NameOf(outcome.Trace!.Evaluation!.Status)}: {Name(outcome)}: {Failures.OnOneLine(outcome.Reason)}");
        foreach (IGrouping<string, TraceOutcome> failure in failures)
        {
            int count = failure.Count();
            writer.WriteLine($"{(count > 1 ? $"{count} x " : "")}{failure.Key}");
        }

        IEnumerable<IGrouping<(TraceOutcomeKind Kind, string Reason), TraceOutcome>> groups = _outcomes
            .Where(outcome => outcome.Kind != TraceOutcomeKind.Evaluated && !outcome.IsDamaged)
            .GroupBy(outcome => (outcome.Kind, outcome.Reason));
        foreach (IGrouping<(TraceOutcomeKind Kind, string Reason), TraceOutcome> group in groups)
        {
            writer.WriteLine($"{(group.Key.Kind == TraceOutcomeKind.Skipped ? "skipped " : "")}{group.Count()} x {Failures.OnOneLine(group.Key.Reason)}");
        }
    }

    private IEnumerable<TraceStatus> Evaluations() => _outcomes.Where(outcome => outcome.Trace is not null).Select(outcome => outcome.Trace!.Evaluation!.Status);

    private void Complain(string message)
    {
        _damaged++;
        host.Error.WriteLine($"winnow: {Failures.OnOneLine(message)}");
    }

    private static string Name(TraceOutcome outcome) => outcome.Solution.Length > 0 ? outcome.Solution : outcome.Definition;

    private static string Short(double value) => value == 0 ? "0" : value.ToString("0.00e+0", CultureInfo.InvariantCulture);
}
