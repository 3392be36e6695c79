using System;
using System.Buffers;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Text.Json;

namespace Winnow.Benchmarking.Traces;

/// <summary>
/// Checks a solution whose output is drawn at random: it is run until there are enough draws, each must be one that may be drawn, and their frequencies must be
/// near the distribution, value by value of the output.
/// </summary>
internal sealed class TraceDrawCheck
{
    private readonly TraceOptions _options;
    private readonly TraceExpectation _expected;
    private readonly TraceDistribution _distribution;
    private readonly double _falseAlarms;
    private readonly long _runs;
    private readonly DrawBins[] _rows;
    private string _outside = "";
    private long _done;

    public TraceDrawCheck(TraceOptions options, TraceExpectation expected)
    {
        (_options, _expected, _distribution) = (options, expected, expected.Distribution!);
        IReadOnlyList<TraceDrawRow> rows = _distribution.Rows;

        // Each value of the output has its test, and the rate is that of all of them together.
        _falseAlarms = options.Draws.FalseAlarms / Math.Max(1, rows.Count);
        _runs = rows.Count == 0 ? 0 : rows.Max(row => DrawTest.Draws(DrawBins.Most(row), _falseAlarms, options.Draws));
        _rows = [.. rows.Select(row => new DrawBins(row, _runs))];
    }

    /// <summary>Runs a solution as often as it takes.</summary>
    /// <param name="candidate">The solution.</param>
    /// <param name="problem">The workload.</param>
    /// <param name="inputs">Its inputs.</param>
    public DrawVerdict Run(TraceCandidate candidate, TraceCase problem, IReadOnlyDictionary<string, TraceTensorData> inputs)
    {
        long start = Stopwatch.GetTimestamp();
        candidate.Repeat(problem, inputs, outputs => Take(outputs[_distribution.Output]) && ++_done < _runs && IsInTime(Stopwatch.GetElapsedTime(start)));
        if (_outside.Length > 0)
        {
            return new DrawVerdict(TraceStatus.IncorrectNumerical, _outside, new TraceCorrectness(double.PositiveInfinity, double.PositiveInfinity, Extra(null)));
        }

        return _done < _runs
            ? new DrawVerdict(null, string.Create(CultureInfo.InvariantCulture, $"not checked: the {_runs} draws that it takes need more than {_options.TimeLimit.TotalSeconds:0.###} s; the {_done} that were made are such as may be drawn"), null)
            : Judge();
    }

    private DrawVerdict Judge()
    {
        int worst = Enumerable.Range(0, _rows.Length).DefaultIfEmpty(-1).MaxBy(row => row < 0 ? 0 : Excess(row));
        if (worst < 0)
        {
            return new DrawVerdict(TraceStatus.Passed, "", new TraceCorrectness(0, 0, Extra(null)));
        }

        var correctness = new TraceCorrectness(_rows.Max(row => row.Distance().Relative), _rows.Max(row => row.Distance().Absolute), Extra(worst));
        if (Excess(worst) <= 0)
        {
            return new DrawVerdict(TraceStatus.Passed, "", correctness);
        }

        string reason = string.Create(
            CultureInfo.InvariantCulture,
            $"[{worst}] of {_distribution.Output} is drawn from another distribution: n KL of {_runs} draws is {_rows[worst].Statistic():0.###}, and right ones exceed {Limit(worst):0.###} in one of {1 / _options.Draws.FalseAlarms:0} workloads; {_rows[worst].Worst()}");
        return new DrawVerdict(TraceStatus.IncorrectNumerical, reason, correctness);
    }

    private double Limit(int row) => DrawTest.Limit(_rows[row].Count, _falseAlarms);

    private double Excess(int row) => _rows[row].Statistic() - Limit(row);

    private bool Take(double[] values)
    {
        int row = Enumerable.Range(0, _rows.Length).FirstOrDefault(row => !_rows[row].Take(values[row]), -1);
        _outside = row < 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"[{row}] of {_distribution.Output} is {values[row]:G9} in draw {_done + 1}, which must not be drawn{Why(row, values[row])}");
        return row < 0;
    }

    private string Why(int row, double value)
    {
        IReadOnlyList<double> weights = _distribution.Rows[row].Weights;
        return value >= 0 && value < weights.Count && value == Math.Floor(value)
            ? $": there are {weights.Count(weight => weight > 0)} that may"
            : $": there are 0 to {weights.Count - 1}";
    }

    /// <summary>It goes on as long as all draws are likely to fit into the limit of one run.</summary>
    private bool IsInTime(TimeSpan elapsed) => elapsed < _options.TimeLimit / 10 || elapsed / _done * _runs < _options.TimeLimit;

    private string Extra(int? worst)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("reference", _expected.Source);
            json.WriteString("rule", _expected.Rule);
            json.WriteNumber("draws", worst is null ? _done : _runs);
            json.WriteNumber("false_alarms", _options.Draws.FalseAlarms);
            json.WriteNumber("distance", _options.Draws.Distance);
            if (worst is { } row)
            {
                json.WriteNumber("tvd", _rows.Max(bins => bins.Distance().Total));
                json.WriteNumber("row", row);
                json.WriteNumber("statistic", _rows[row].Statistic());
                json.WriteNumber("limit", Limit(row));
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
