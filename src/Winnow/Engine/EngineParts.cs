using System;
using Winnow.Cache;
using Winnow.Cache.Policies;
using Winnow.Kernels;
using Winnow.Models;

namespace Winnow.Engine;

/// <summary>Everything that an engine owns, for disposing it in one place. The device only where the engine made it itself.</summary>
internal sealed class EngineParts : IDisposable
{
    public required ModelFiles Files { get; init; }

    public required ComputeDevice Device { get; init; }

    public required bool OwnsDevice { get; init; }

    public Decoder Decoder { get; set; } = null!;

    public KvCache Cache { get; set; } = null!;

    public StepBatch Batch { get; set; } = null!;

    public KvEvictor Evictor { get; set; } = null!;

    public required SchedulerOptions Scheduling { get; init; }

    public required GenerationOptions Defaults { get; init; }

    public required KvPlan Policies { get; init; }

    public SparseReadPolicy? SparseRead { get; init; }

    public required long WeightBytes { get; init; }

    public long CacheBytes { get; init; }

    /// <summary>The most bytes that the cache writes for so many tokens.</summary>
    public long MostPageBytes(int tokens)
    {
        KvCacheOptions options = Cache.Options;
        long slots = (long)options.Layers * options.KvHeads * tokens;
        long headers = (options.Layers * options.KvHeads * sizeof(int)) + 64 + Policies.MostStateBytes(tokens);
        long attributes = (long)options.Attributes.Count * sizeof(float);
        return headers + (slots * (sizeof(int) + attributes + (2 * options.Type.BytesOf(options.HeadDim))));
    }

    /// <summary>
    /// How many tokens a step may add to a sequence of any length under a policy: what the context holds beside the policy's budget and what grows between two evictions.
    /// 0 where it holds no more, or where the policy does not bound the cache or speaks of positions of the text.
    /// </summary>
    public int StreamRoom(KvPolicy? policy)
    {
        if (policy is not { Positions: KvPositions.CacheRelative, Budget.IsBounded: true })
        {
            return 0;
        }

        KvCacheOptions options = Cache.Options;
        int budget = policy.Budget.SlotsFor(options.MaxTokens, options.Layers * options.KvHeads, Cache.BytesOfPage);
        long held = Math.Max(policy.LeastSlots, budget) + (long)policy.Interval - 1;
        return (int)Math.Clamp(options.MaxTokens - held, 0, Scheduling.ChunkTokens);
    }

    /// <summary>In chunks of how many tokens the prompts of a sequence are computed; 0 where it does not matter.</summary>
    /// <param name="policy">What evicts from it.</param>
    public int ChunkTokensOf(KvPolicy? policy) =>
        policy is null && SparseRead is null ? 0 : StreamRoom(policy) is > 0 and int room ? room : Scheduling.ChunkTokens;

    public void Dispose()
    {
        Evictor?.Dispose();
        Batch?.Dispose();
        Cache?.Dispose();
        Decoder?.Dispose();
        Files.Dispose();
        if (OwnsDevice)
        {
            Device.Dispose();
        }
    }
}
