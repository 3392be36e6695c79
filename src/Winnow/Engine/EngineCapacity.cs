using System;
using System.Collections.Generic;
using Microsoft.Extensions.Logging;
using Winnow.Cache;
using Winnow.Kernels;
using Winnow.Models;

namespace Winnow.Engine;

/// <summary>How large an engine's cache and steps are, from the options, the model and the free memory.</summary>
internal sealed record EngineCapacity
{
    private const int UsualSequences = 16;
    private const int UsualChunkTokens = 256;
    private const long LogitBytes = 16 << 20;
    private const long TableBytes = 64 << 20;

    public required KvCacheOptions Cache { get; init; }

    public required DecoderOptions Decoder { get; init; }

    public required SchedulerOptions Scheduling { get; init; }

    public required long CacheBytes { get; init; }

    /// <summary>Decides the capacities.</summary>
    /// <param name="options">What the caller wants.</param>
    /// <param name="config">The model.</param>
    /// <param name="usualKvType">What the device keeps keys and values in where the caller does not say.</param>
    /// <param name="vocabulary">Tokens that the tokenizer knows.</param>
    /// <param name="freeBytes">What the device has free beside the weights.</param>
    /// <param name="logger">Told where memory cuts the context.</param>
    /// <exception cref="ArgumentOutOfRangeException">The caller wants a longer context than the model was made for.</exception>
    public static EngineCapacity For(
        EngineOptions options, ModelConfig config, DType usualKvType, int vocabulary, long freeBytes, ILogger logger)
    {
        if (options.ContextTokens > config.ContextTokens)
        {
            throw new ArgumentOutOfRangeException(
                nameof(options), options.ContextTokens, $"The model was made for texts of {config.ContextTokens} tokens, and takes no longer context.");
        }

        int sequences = options.MaxSequences ?? UsualSequences;
        int chunk = options.PrefillChunkTokens ?? UsualChunkTokens;
        int scored = (int)Math.Clamp(LogitBytes / (sizeof(float) * (long)vocabulary), 1, chunk);
        KvCacheOptions cache = CacheFor(options with { KvCacheType = options.KvCacheType ?? usualKvType }, config, sequences, freeBytes, logger);
        return new EngineCapacity
        {
            Cache = cache,
            CacheBytes = cache.Pages * KvCache.PageBytes(cache.HeadDim, cache.Type, cache.Attributes.Count),
            Scheduling = new SchedulerOptions(sequences, chunk, scored, options.SparseRead is { DecodeOnly: true }),
            Decoder = new DecoderOptions
            {
                MaxTokens = chunk + sequences,
                MaxHiddenRows = chunk + sequences,
                MaxLogitRows = scored + sequences,
                ContextTokens = cache.MaxTokens,
                Vocabulary = vocabulary,
            },
        };
    }

    private static KvCacheOptions CacheFor(EngineOptions options, ModelConfig config, int sequences, long freeBytes, ILogger logger)
    {
        DType type = options.KvCacheType!.Value;
        long heads = (long)config.Layers * config.KvHeads;
        IReadOnlyList<string> planes = KvPlan.For(options).Planes;
        long pageBytes = KvCache.PageBytes(config.HeadDim, type, planes.Count);
        int context = options.ContextTokens ?? config.ContextTokens;
        long contextBytes = heads * KvCache.PagesFor(context) * pageBytes;
        long budget = options.KvCacheBytes ?? Math.Min(sequences * contextBytes, Math.Max(0, freeBytes / 2));
        if (options.ContextTokens is null && contextBytes > budget)
        {
            context = (int)Math.Max(PageTokens, budget / (heads * pageBytes) * PageTokens);
            Log.ContextCut(logger, config.ContextTokens, context, freeBytes >> 20);
        }
        else if (options.KvCacheBytes is null)
        {
            budget = Math.Max(budget, contextBytes);
        }

        int rows = Rows(sequences, heads, context);
        long most = Math.Min(int.MaxValue / PageTokens, rows * heads * KvCache.PagesFor(context));
        return new KvCacheOptions
        {
            Layers = config.Layers,
            KvHeads = config.KvHeads,
            HeadDim = config.HeadDim,
            Pages = (int)Math.Clamp(budget / pageBytes, heads, most),
            MaxSequences = rows,
            MaxTokens = context,
            Type = type,
            Attributes = planes,
        };
    }

    private static int PageTokens => Kernels.Cache.PagedKv.PageSlots;

    // Rows beyond the running sequences are for idle sessions, as long as the table stays small; those without a row are computed again.
    private static int Rows(int sequences, long heads, int context)
    {
        long rowBytes = heads * KvCache.PagesFor(context) * sizeof(int);
        return (int)Math.Clamp(TableBytes / rowBytes, sequences + 1, 4L * (sequences + 1));
    }
}
