using System;

namespace Winnow.Engine;

/// <summary>What an engine holds and has done; figures of one moment that may be a step old.</summary>
public sealed record EngineStatistics
{
    /// <summary>Pages of the KV cache.</summary>
    public required int TotalPages { get; init; }

    /// <summary>Pages that no sequence uses.</summary>
    public required int FreePages { get; init; }

    /// <summary>Requests computed in each step.</summary>
    public required int RunningRequests { get; init; }

    /// <summary>Requests in the line.</summary>
    public required int WaitingRequests { get; init; }

    /// <summary>Sessions that were opened and not disposed.</summary>
    public required int OpenSessions { get; init; }

    /// <summary>Steps computed since the engine was loaded.</summary>
    public required long Steps { get; init; }

    /// <summary>Tokens computed since the engine was loaded, prompts included.</summary>
    public required long ComputedTokens { get; init; }

    /// <summary>How often a request or a session lost its pages to another one and had to be computed again.</summary>
    public required long Preemptions { get; init; }

    /// <summary>How long cache policies have held up the engine's thread; on a GPU the time to issue their work.</summary>
    public required TimeSpan EvictionTime { get; init; }

    /// <summary>Bytes of the weights.</summary>
    public required long WeightBytes { get; init; }

    /// <summary>Bytes of the KV cache.</summary>
    public required long KvCacheBytes { get; init; }
}
