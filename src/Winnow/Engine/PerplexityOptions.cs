namespace Winnow.Engine;

/// <summary>How perplexity is measured. Null means the default that the member states.</summary>
public sealed record PerplexityOptions
{
    /// <summary>Tokens in a window, 2 or more; windows do not overlap. Default: the context.</summary>
    public int? WindowTokens { get; init; }

    /// <summary>At most this many windows, from the start of the text. Default: all.</summary>
    public int? MaxWindows { get; init; }
}
