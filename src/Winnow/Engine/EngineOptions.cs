using System.Collections.Generic;
using Microsoft.Extensions.Logging;
using Winnow.Cache.Policies;
using Winnow.Kernels;

namespace Winnow.Engine;

/// <summary>How an engine is set up. Null means the default that the member states.</summary>
public sealed record EngineOptions
{
    /// <summary>How many threads compute. Default: one for each processor. Has no effect on an injected device.</summary>
    public int? Threads { get; init; }

    /// <summary>The longest sequence in tokens. Default: what the model was made for, or less where memory is short; the log says so.</summary>
    public int? ContextTokens { get; init; }

    /// <summary>How many requests are computed at the same time; further ones wait. Default: 16.</summary>
    public int? MaxSequences { get; init; }

    /// <summary>
    /// The size of the KV cache in bytes. Default: enough for <see cref="MaxSequences"/> full contexts, but at most half of the free memory.
    /// </summary>
    public long? KvCacheBytes { get; init; }

    /// <summary>
    /// What keys and values are kept in: F32, F16 or BF16. Default: F32 on a processor; on a GPU what goes with the weights: F32 for F32, BF16
    /// for BF16, F16 for all others.
    /// </summary>
    public DType? KvCacheType { get; init; }

    /// <summary>
    /// How many prompt tokens a step computes at most, over all requests: more is faster for prompts, less keeps running texts smoother. Default: 256.
    /// </summary>
    public int? PrefillChunkTokens { get; init; }

    /// <summary>
    /// What evicts from the cache of a sequence where a request or a session does not say otherwise. Default: nothing. A policy whose
    /// positions are those of the cache, with a bounded budget, also takes texts longer than the context.
    /// </summary>
    public KvPolicy? KvPolicy { get; init; }

    /// <summary>What chooses how much of a cache a step reads, for all sequences; not together with policies that evict. Default: everything is read.</summary>
    public SparseReadPolicy? SparseRead { get; init; }

    /// <summary>Further policies that requests and sessions may ask for: the cache is made with the planes that they need. Default: none.</summary>
    public IReadOnlyList<KvPolicy>? MoreKvPolicies { get; init; }

    /// <summary>Where log messages go; the text of prompts and answers appears at level Trace only. Default: nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>The device that computes. Default: a processor device of the engine's own.</summary>
    public ComputeDevice? Device { get; init; }

    /// <summary>
    /// Whether the engine disposes <see cref="Device"/>, also where loading fails (but not where an option is refused). Default: no; the
    /// caller disposes it after the engine.
    /// </summary>
    public bool? OwnsDevice { get; init; }
}
