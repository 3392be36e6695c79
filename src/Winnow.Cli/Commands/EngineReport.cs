using System;
using System.Text.Json;
using Winnow.Cache.Policies;
using Winnow.Cli.Terminal;
using Winnow.Engine;
using Winnow.Evaluation;
using Winnow.Kernels;

namespace Winnow.Cli.Commands;

/// <summary>What <c>winnow bench engine</c> prints.</summary>
internal sealed class EngineReport(WinnowEngine engine, ComputeDevice device, CachePolicy? policy, StartStopwatch start, EngineBenchmarkResult result, DevicePeaks? peaks)
{
    public void Write(CliHost host, bool asJson)
    {
        if (asJson)
        {
            JsonLine.Write(host.Output, WriteJson);
        }
        else
        {
            WriteText(host);
        }
    }

    private double? CopyShare => result.DecodeBytesPerSecond / peaks?.CopyBytesPerSecond;

    private double? ProductShare => result.PrefillFlopsPerSecond / peaks?.ProductFlopsPerSecond;

    private string PolicyText => policy?.ToString() ?? "none";

    private void WriteText(CliHost host)
    {
        host.Output.WriteLine($"{engine.ModelName} on {device.Name}: {Quantities.Bytes(engine.Statistics.WeightBytes)} of weights, KV policy {PolicyText}");
        host.Output.WriteLine(
            $"{result.PromptTokens} prompt tokens, {result.NewTokens} new ones, {result.Batch} at a time, {result.Rounds} rounds after those that warm up");
        host.Output.WriteLine();
        TextTable table = new("what", "#measured", "which is");
        table.Add("prefill", Rate(result.PrefillTokensPerSecond), Achieved(result.PrefillFlopsPerSecond, "FLOP/s", ProductShare, "a large product", peaks?.ProductFlopsPerSecond));
        table.Add("decode", Rate(result.DecodeTokensPerSecond), Achieved(result.DecodeBytesPerSecond, "B/s", CopyShare, "a large copy", peaks?.CopyBytesPerSecond));
        table.Add("time to first token", Quantities.Time(result.TimeToFirstToken.Median), $"longest {Quantities.Time(result.TimeToFirstToken.Longest)}");
        table.Add("between tokens", Milliseconds(result.InterToken.Median), Tail(result.InterToken));
        table.Add("fixed work, no engine", Milliseconds(result.Machine.Median), Tail(result.Machine));
        table.Add("a step of decoding", Quantities.Bytes(result.StepBytes), $"read at least; {Scaled(result.TokenFlops, "FLOP")} a token");
        table.Add("start", Quantities.Time(start.Rest), $"and {Quantities.Time(start.Weights)} for weights; {start.LoadedKernels} kernels loaded");
        table.Add("managed heap", $"{Quantities.Number(result.AllocatedBytesPerToken, "0.0")} B", $"a token; {result.Collections} collections");
        if (policy is not null)
        {
            table.Add("evicting", $"{Quantities.Number(100 * result.EvictionShare, "0.0")} %", "of the time");
        }

        table.Write(host);
    }

    private void WriteJson(Utf8JsonWriter json)
    {
        json.WriteString("model", engine.ModelName);
        json.WriteString("device", device.Name);
        json.WriteString("kv_policy", PolicyText);
        json.WriteNumber("weight_bytes", engine.Statistics.WeightBytes);
        json.WriteNumber("prompt_tokens", result.PromptTokens);
        json.WriteNumber("new_tokens", result.NewTokens);
        json.WriteNumber("batch", result.Batch);
        json.WriteNumber("rounds", result.Rounds);
        json.WriteNumber("prefill_tokens_per_second", result.PrefillTokensPerSecond);
        json.WriteNumber("decode_tokens_per_second", result.DecodeTokensPerSecond);
        WriteQuantiles(json, "time_to_first_token_ms", result.TimeToFirstToken);
        WriteQuantiles(json, "inter_token_ms", result.InterToken);
        WriteQuantiles(json, "fixed_work_ms", result.Machine);
        json.WriteNumber("step_bytes", result.StepBytes);
        json.WriteNumber("flops_per_token", result.TokenFlops);
        json.WriteNumber("decode_bytes_per_second", result.DecodeBytesPerSecond);
        json.WriteNumber("prefill_flops_per_second", result.PrefillFlopsPerSecond);
        if (peaks is not null)
        {
            json.WriteNumber("copy_bytes_per_second", peaks.CopyBytesPerSecond);
            json.WriteNumber("product_flops_per_second", peaks.ProductFlopsPerSecond);
        }

        json.WriteNumber("start_ms", start.Rest.TotalMilliseconds);
        json.WriteNumber("weights_ms", start.Weights.TotalMilliseconds);
        json.WriteNumber("loaded_kernels", start.LoadedKernels);
        json.WriteNumber("allocated_bytes_per_token", result.AllocatedBytesPerToken);
        json.WriteNumber("collections", result.Collections);
        json.WriteNumber("eviction_share", result.EvictionShare);
    }

    private static void WriteQuantiles(Utf8JsonWriter json, string name, Quantiles quantiles)
    {
        json.WriteStartObject(name);
        json.WriteNumber("p50", quantiles.Median.TotalMilliseconds);
        json.WriteNumber("p90", quantiles.P90.TotalMilliseconds);
        json.WriteNumber("p99", quantiles.P99.TotalMilliseconds);
        json.WriteNumber("p999", quantiles.P999.TotalMilliseconds);
        json.WriteNumber("longest", quantiles.Longest.TotalMilliseconds);
        json.WriteEndObject();
    }

    private static string Rate(double rate) => $"{Quantities.Number(rate, rate < 100 ? "0.00" : "0")} tokens/s";

    private static string Achieved(double rate, string unit, double? share, string what, double? peak) => share is null
        ? Scaled(rate, unit)
        : $"{Scaled(rate, unit)}, {Quantities.Number(100 * share.Value, "0")} % of {what} here ({Scaled(peak!.Value, unit)})";

    private static string Tail(Quantiles times) =>
        $"p99 {Milliseconds(times.P99)}, p99.9 {Milliseconds(times.P999)}, longest {Milliseconds(times.Longest)} of {times.Count}";

    private static string Milliseconds(TimeSpan time) => $"{Quantities.Number(time.TotalMilliseconds, "0.000")} ms";

    private static string Scaled(double value, string unit)
    {
        string[] prefixes = ["", "k", "M", "G", "T", "P"];
        int step = 0;
        while (value >= 1000 && step < prefixes.Length - 1)
        {
            value /= 1000;
            step++;
        }

        return $"{Quantities.Number(value, value < 100 ? "0.0" : "0")} {prefixes[step]}{unit}";
    }
}
