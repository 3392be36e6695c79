using System;
using System.Diagnostics;
using System.Globalization;
using Winnow.Cache;
using Winnow.Kernels;
using Winnow.Models;

namespace Winnow.Peers;

/// <summary>The decoder alone, greedy, without engine and text: what the forward pass of a very small model can do.</summary>
internal static class DecoderLoop
{
    private const int Runs = 100;
    private const int Tokens = 196;

    public static void Run(string path, int threads)
    {
        using var files = ModelFiles.Open(path);
        using var device = new CpuDevice(threads);
        ModelConfig config = files.Config;
        using var decoder = Decoder.Load(
            files.Tensors, config, device, new DecoderOptions { MaxTokens = 1, MaxLogitRows = 1, ContextTokens = Tokens });
        using var cache = new KvCache(device, new KvCacheOptions
        {
            Layers = config.Layers,
            KvHeads = config.KvHeads,
            HeadDim = config.HeadDim,
            Pages = config.Layers * config.KvHeads * KvCache.PagesFor(Tokens),
            MaxSequences = 1,
            MaxTokens = Tokens,
        });
        using var batch = new StepBatch(device, 1, 1);
        double[] rates = new double[Runs];
        for (int run = 0; run < Runs; run++)
        {
            rates[run] = Tokens / Generate(decoder, cache, batch, files.Tokenizer.BosId ?? 0).TotalSeconds;
        }

        Array.Sort(rates);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{files.Name}, {threads} threads, {Tokens} tokens, {Runs} runs: median {rates[Runs / 2]:F0}, best {rates[^1]:F0} tokens/s"));
    }

    private static TimeSpan Generate(Decoder decoder, KvCache cache, StepBatch batch, int first)
    {
        KvSequence sequence = cache.CreateSequence();
        long start = Stopwatch.GetTimestamp();
        int token = first;
        for (int i = 0; i < Tokens; i++)
        {
            cache.TryReserve(sequence, 1);
            batch.Clear();
            batch.Add(sequence, [token], LogitRows.Last);
            decoder.Forward(cache, batch);
            token = IndexOfMax(decoder.Logits(0));
        }

        TimeSpan time = Stopwatch.GetElapsedTime(start);
        cache.Free(sequence);
        return time;
    }

    private static int IndexOfMax(ReadOnlySpan<float> values)
    {
        int best = 0;
        for (int i = 1; i < values.Length; i++)
        {
            best = values[i] > values[best] ? i : best;
        }

        return best;
    }
}
