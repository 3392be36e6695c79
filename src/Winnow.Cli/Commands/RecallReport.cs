using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using Winnow.Cli.Plots;
using Winnow.Cli.Terminal;
using Winnow.Evaluation;

namespace Winnow.Cli.Commands;

/// <summary>What comes of <c>winnow eval recall</c>: a JSON object for each policy and budget, a table, a plot.</summary>
internal sealed class RecallReport
{
    private readonly List<(PolicyRun Run, RecallResult Result)> _rows = [];

    public required string ModelName { get; init; }

    public required bool QueryAware { get; init; }

    public void Add(PolicyRun run, RecallResult result) => _rows.Add((run, result));

    public void WriteTable(CliHost host)
    {
        int[] lengths = [.. _rows.SelectMany(row => row.Result.Scores).Select(score => score.Length).Distinct().Order()];
        TextTable table = new(
        [
            "policy", "#budget", "#recall", .. lengths.Select(length => "#" + Quantities.Number(length)), "#slots", "#of tokens", "#bytes", "#of full",
            "#decode tokens/s", "#prefill ms/1000",
        ]);
        foreach ((PolicyRun run, RecallResult result) in _rows)
        {
            table.Add(
            [
                run.Name, run.Budget.ToString(), $"{result.Exact}/{result.Questions}", .. lengths.Select(length => ScoreOf(result, length)),
                Quantities.Number(result.Slots, "0.0"), Quantities.Number(result.Tokens, "0.0"), Quantities.Bytes((long)result.Bytes), Percent(result.BytesKept),
                Quantities.Number(result.DecodeTokensPerSecond, "0"), Quantities.Number(result.PrefillTimePer1000Tokens.TotalMilliseconds, "0.0"),
            ]);
        }

        table.Write(host);
    }

    /// <summary>Writes the row that was added last.</summary>
    public void WriteJson(TextWriter writer)
    {
        (PolicyRun run, RecallResult result) = _rows[^1];
        JsonLine.Write(writer, json =>
        {
            json.WriteString("policy", run.Name);
            json.WriteString("budget", run.Budget.ToString());
            json.WriteBoolean("query_aware", QueryAware);
            json.WriteNumber("questions", result.Questions);
            json.WriteNumber("exact", result.Exact);
            json.WriteNumber("recall", result.Recall);
            json.WriteStartArray("lengths");
            foreach (RecallScore score in result.Scores)
            {
                json.WriteStartObject();
                json.WriteNumber("length", score.Length);
                json.WriteNumber("questions", score.Questions);
                json.WriteNumber("exact", score.Exact);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteNumber("tokens", result.Tokens);
            json.WriteNumber("slots", result.Slots);
            json.WriteNumber("slots_kept", result.SlotsKept);
            json.WriteNumber("bytes", result.Bytes);
            json.WriteNumber("full_bytes", result.FullBytes);
            json.WriteNumber("bytes_kept", result.BytesKept);
            json.WriteNumber("prefill_tokens", result.PrefillTokens);
            json.WriteNumber("prefill_ms_per_1000_tokens", result.PrefillTimePer1000Tokens.TotalMilliseconds);
            json.WriteNumber("decode_tokens", result.DecodeTokens);
            json.WriteNumber("decode_tokens_per_second", result.DecodeTokensPerSecond);
            json.WriteNumber("eviction_ms", result.EvictionTime.TotalMilliseconds);
        });
        writer.Flush();
    }

    public void WritePlot(TextWriter writer)
    {
        RecallResult? full = _rows.Where(row => row.Run == PolicyRun.Full).Select(row => row.Result).FirstOrDefault();
        int questions = _rows[0].Result.Questions;
        IGrouping<string, (PolicyRun Run, RecallResult Result)>[] policies = [.. _rows.Where(row => row.Run != PolicyRun.Full).GroupBy(row => row.Run.Name)];
        string[] idle = [.. policies.Where(KeepsAll).Select(policy => policy.Key)];
        SvgPlot plot = new()
        {
            Title = "Recall against the KV cache that is kept",
            Subtitle = $"{ModelName}, {questions} questions, "
                + (QueryAware ? "question read before the cache is cut" : "cache cut before the question is read")
                + (idle.Length > 0 ? $"; nothing left the cache under {string.Join(", ", idle)}" : ""),
            XLabel = "bytes kept of the full cache",
            YLabel = $"answers that are exact, of {questions}",
            Reference = full is null ? null : (string.Create(CultureInfo.InvariantCulture, $"full cache: {full.Exact}"), full.Exact),
            Series =
            [
                .. policies.Where(policy => !KeepsAll(policy)).Select(policy => new PlotSeries(
                    policy.Key, [.. policy.Select(row => new PlotPoint(row.Result.BytesKept, row.Result.Exact))],
                    IsControl: policy.First().Run.Policy.Info.Source.Length == 0)),
            ],
        };
        plot.Write(writer);
    }

    // One that cuts only while decoding is the full cache here, and would stretch the axis for all others.
    private static bool KeepsAll(IEnumerable<(PolicyRun Run, RecallResult Result)> rows) => rows.All(row => row.Result.SlotsKept > 0.999);

    private static string ScoreOf(RecallResult result, int length) => result.Scores
        .Where(score => score.Length == length)
        .Select(score => $"{score.Exact}/{score.Questions}")
        .FirstOrDefault("");

    private static string Percent(double share) => Quantities.Number(share * 100, "0.0") + " %";
}
