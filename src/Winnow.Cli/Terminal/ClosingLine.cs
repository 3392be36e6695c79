using System;
using System.Diagnostics;
using System.Globalization;
using Winnow.Engine;

namespace Winnow.Cli.Terminal;

/// <summary>What a generation took, in one line.</summary>
internal static class ClosingLine
{
    public static string Of(Usage usage, FinishReason? reason)
    {
        string cached = usage.CachedTokens > 0 ? string.Create(CultureInfo.InvariantCulture, $" ({usage.CachedTokens} cached)") : "";
        return string.Create(CultureInfo.InvariantCulture,
            $"{usage.PromptTokens} prompt tokens{cached}, {usage.GeneratedTokens} generated, first token after {Quantities.Time(usage.TimeToFirstToken)}, "
            + $"{TokensPerSecond(usage):0} tokens/s, peak memory {Quantities.Bytes(PeakMemoryBytes())} ({Describe(reason)})");
    }

    /// <summary>The speed after the first token, which stands for the prompt; of everything where there is only one.</summary>
    public static double TokensPerSecond(Usage usage)
    {
        TimeSpan decoding = usage.Duration - usage.TimeToFirstToken;
        return usage.GeneratedTokens > 1 && decoding > TimeSpan.Zero
            ? (usage.GeneratedTokens - 1) / decoding.TotalSeconds
            : usage.GeneratedTokens / Math.Max(usage.Duration.TotalSeconds, 1e-9);
    }

    /// <summary>The most memory this process has held at a time.</summary>
    public static long PeakMemoryBytes()
    {
        using Process self = Process.GetCurrentProcess();
        return Math.Max(self.PeakWorkingSet64, Environment.WorkingSet);
    }

    public static string Describe(FinishReason? reason) => reason switch
    {
        FinishReason.EndOfText => "end of text",
        FinishReason.Stop => "stop text",
        FinishReason.Length => "token limit",
        FinishReason.ContextFull => "context full",
        _ => "ended",
    };
}
