namespace Winnow.Evaluation;

/// <summary>What is timed of an engine. Null means the default that the member states.</summary>
public sealed record EngineBenchmarkOptions
{
    /// <summary>Tokens of each prompt. Default: 512.</summary>
    public int? PromptTokens { get; init; }

    /// <summary>Tokens generated after each prompt, at least 2. Default: 128.</summary>
    public int? NewTokens { get; init; }

    /// <summary>Sequences at the same time; the engine has to be loaded for as many. Default: 1.</summary>
    public int? Batch { get; init; }

    /// <summary>How often everything is done, after rounds that do not count, until code is compiled at full strength. Default: 3.</summary>
    public int? Rounds { get; init; }
}
