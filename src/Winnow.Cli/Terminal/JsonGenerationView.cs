using System.Collections.Generic;
using System.IO;
using System.Text.Json;
using Winnow.Engine;
using Winnow.Kernels.Sampling;

namespace Winnow.Cli.Terminal;

/// <summary>One object for each token, and a last one with the whole text and the figures.</summary>
internal sealed class JsonGenerationView(TextWriter output) : GenerationView
{
    protected override void Begin(string prompt)
    {
        // The caller knows its prompt; the objects hold what is new.
    }

    protected override void Add(GeneratedPiece piece)
    {
        if (piece.TokenId >= 0)
        {
            JsonLine.Write(output, json => WritePiece(json, piece));
        }

        output.Flush();
    }

    protected override void End(GeneratedPiece last, string text)
    {
        if (last.Usage is { } usage)
        {
            JsonLine.Write(output, json =>
            {
                json.WriteString("text", text);
                json.WriteString("finish_reason", NameOf(last.FinishReason));
                WriteUsage(json, usage);
            });
        }
    }

    private static string NameOf(FinishReason? reason) => reason switch
    {
        FinishReason.EndOfText => "end_of_text",
        FinishReason.Stop => "stop",
        FinishReason.Length => "length",
        FinishReason.ContextFull => "context_full",
        _ => "other",
    };

    private static void WriteUsage(Utf8JsonWriter json, Usage usage)
    {
        json.WriteStartObject("usage");
        json.WriteNumber("prompt_tokens", usage.PromptTokens);
        json.WriteNumber("cached_tokens", usage.CachedTokens);
        json.WriteNumber("generated_tokens", usage.GeneratedTokens);
        json.WriteNumber("seed", usage.Seed);
        json.WriteNumber("time_to_first_token_ms", usage.TimeToFirstToken.TotalMilliseconds);
        json.WriteNumber("duration_ms", usage.Duration.TotalMilliseconds);
        json.WriteNumber("tokens_per_second", ClosingLine.TokensPerSecond(usage));
        json.WriteNumber("peak_memory_bytes", ClosingLine.PeakMemoryBytes());
        json.WriteEndObject();
    }

    private static void WritePiece(Utf8JsonWriter json, GeneratedPiece piece)
    {
        json.WriteNumber("token", piece.TokenId);
        json.WriteString("piece", piece.Text);
        json.WriteNumber("log_probability", piece.LogProbability);
        if (piece.TopLogProbabilities is { Count: > 0 } top)
        {
            WriteTop(json, top);
        }
    }

    private static void WriteTop(Utf8JsonWriter json, IReadOnlyList<TokenLogProbability> top)
    {
        json.WriteStartArray("top");
        foreach (TokenLogProbability entry in top)
        {
            json.WriteStartObject();
            json.WriteNumber("token", entry.Token);
            json.WriteNumber("log_probability", entry.LogProbability);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
