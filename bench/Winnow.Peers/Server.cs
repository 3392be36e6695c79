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
    public static async Task RunAsync(string model, int threads, Setting setting)
    {
        var options = new EngineOptions
        {
            Threads = threads,
            ContextTokens = setting.MostTokens + 64,
            MaxSequences = 1,
            PrefillChunkTokens = setting.ChunkTokens,
            KvCacheType = setting.KvCacheType,
        };
        await using WinnowEngine engine = await WinnowEngine.LoadAsync(model, options);
        Session? deep = null;
        Console.WriteLine("""{"ready":true}""");
        while (Console.ReadLine() is { } command)
        {
            bool prefill = command.Trim() == "prefill";
            if (prefill && deep is not null)
            {
                await deep.DisposeAsync();
                deep = null;
            }

            deep ??= prefill ? null : await CreateAsync(engine, setting.DepthTokens);
            TimeSpan before = Environment.CpuUsage.TotalTime;
            (int tokens, double milliseconds) = deep is null
                ? await PrefillAsync(engine, setting.PromptTokens)
                : await DecodeAsync(deep, setting);
            double cpu = (Environment.CpuUsage.TotalTime - before).TotalMilliseconds;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $$"""{"tokens":{{tokens}},"milliseconds":{{milliseconds}},"cpuMilliseconds":{{cpu}},"peakBytes":{{Process.GetCurrentProcess().PeakWorkingSet64}}}"""));
        }
    }

    private static async Task<Session> CreateAsync(WinnowEngine engine, int tokens)
    {
        Session session = engine.CreateSession();
        await session.AppendAsync(Prompt(tokens));
        return session;
    }

    private static int[] Prompt(int tokens) => [.. Enumerable.Range(0, tokens).Select(i => 259 + (i * 7919 % 20000))];

    private static async Task<(int Tokens, double Milliseconds)> PrefillAsync(WinnowEngine engine, int tokens)
    {
        int[] prompt = Prompt(tokens);
        await using Session session = engine.CreateSession();
        long start = Stopwatch.GetTimestamp();
        await session.AppendAsync(prompt);
        return (tokens, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
    }

    private static async Task<(int Tokens, double Milliseconds)> DecodeAsync(Session session, Setting setting)
    {
        await session.RollbackAsync(session.Length - setting.DepthTokens);
        var options = new GenerationOptions { Temperature = 0, MaxTokens = setting.DecodeTokens + 1, IgnoreEndOfText = true };
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
