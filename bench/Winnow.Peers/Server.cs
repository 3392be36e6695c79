using System;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using System.Threading.Tasks;
using Winnow.Engine;

namespace Winnow.Peers;

/// <summary>Measures Winnow: the same commands and answers as the peer's program has.</summary>
internal static class Server
{
    private const int WarmTokens = 8;

    public static async Task RunAsync(string model, int threads, int promptTokens, int decodeTokens)
    {
        var options = new EngineOptions
        {
            Threads = threads,
            ContextTokens = promptTokens + decodeTokens + 64,
            MaxSequences = 1,
            PrefillChunkTokens = promptTokens,
        };
        await using WinnowEngine engine = await WinnowEngine.LoadAsync(model, options);
        int[] prompt = [.. Enumerable.Range(0, promptTokens).Select(i => 259 + (i * 7919 % 20000))];
        Console.WriteLine("""{"ready":true}""");
        while (Console.ReadLine() is { } command)
        {
            TimeSpan before = Environment.CpuUsage.TotalTime;
            (int tokens, double milliseconds) = command.Trim() == "prefill"
                ? await PrefillAsync(engine, prompt)
                : await DecodeAsync(engine, prompt[..WarmTokens], decodeTokens);
            double cpu = (Environment.CpuUsage.TotalTime - before).TotalMilliseconds;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $$"""{"tokens":{{tokens}},"milliseconds":{{milliseconds}},"cpuMilliseconds":{{cpu}},"peakBytes":{{Process.GetCurrentProcess().PeakWorkingSet64}}}"""));
        }
    }

    private static async Task<(int Tokens, double Milliseconds)> PrefillAsync(WinnowEngine engine, int[] prompt)
    {
        await using Session session = engine.CreateSession();
        long start = Stopwatch.GetTimestamp();
        await session.AppendAsync(prompt);
        return (prompt.Length, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
    }

    private static async Task<(int Tokens, double Milliseconds)> DecodeAsync(WinnowEngine engine, int[] prompt, int tokens)
    {
        await using Session session = engine.CreateSession();
        await session.AppendAsync(prompt);
        var options = new GenerationOptions { Temperature = 0, MaxTokens = tokens + 1, IgnoreEndOfText = true };
        int generated = -1;
        long start = 0;
        long last = 0;
        await foreach (GeneratedPiece piece in session.GenerateAsync(options))
        {
            long now = Stopwatch.GetTimestamp();
            generated++;
            start = generated == 0 ? now : start;
            last = now;
        }

        return (generated, Stopwatch.GetElapsedTime(start, last).TotalMilliseconds);
    }
}
