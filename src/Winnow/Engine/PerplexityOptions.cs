using Winnow.Cache.Policies;

namespace Winnow.Engine;

/// <summary>How perplexity is measured. Null means the default that the member states.</summary>
public sealed record PerplexityOptions
{
    /// <summary>
    /// Tokens in a window, 2 or more; windows do not overlap. Default: the context, or the whole text where positions are those of the cache and its
    /// slots are bounded.
    /// </summary>
    public int? WindowTokens { get; init; }

    /// <summary>At most this many windows, from the start of the text. Default: all.</summary>
    public int? MaxWindows { get; init; }

    /// <summary>
    /// What evicts from the cache as the text goes by; <see cref="NonePolicy"/> for nothing. The engine has to know it: see
    /// <see cref="EngineOptions.MoreKvPolicies"/>. Default: the engine's.
    /// </summary>
    public KvPolicy? KvPolicy { get; init; }
}
