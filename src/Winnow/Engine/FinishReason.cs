namespace Winnow.Engine;

/// <summary>Why a generation ended.</summary>
public enum FinishReason
{
    /// <summary>The model sampled one of its end-of-generation tokens, or a token of <see cref="GenerationOptions.StopTokens"/>.</summary>
    EndOfText,

    /// <summary>A stop string appeared; it is not part of the text.</summary>
    Stop,

    /// <summary><see cref="GenerationOptions.MaxTokens"/> tokens were generated.</summary>
    Length,

    /// <summary>The context is full.</summary>
    ContextFull,
}
