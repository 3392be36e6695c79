namespace Winnow;

/// <summary>A prompt is too long for the context that the engine was loaded with.</summary>
public sealed class ContextLengthException : WinnowException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="tokens">The tokens that were to be held.</param>
    /// <param name="contextTokens">The tokens that can be held.</param>
    /// <param name="remedy">What to do instead; null for the usual advice.</param>
    public ContextLengthException(int tokens, int contextTokens, string? remedy = null)
        : base($"{tokens} tokens do not fit the context of {contextTokens} tokens. " +
            (remedy ?? "Shorten the prompt, or load the engine with more ContextTokens if the model and the memory allow it."))
    {
        Tokens = tokens;
        ContextTokens = contextTokens;
    }

    /// <summary>The tokens that were to be held.</summary>
    public int Tokens { get; }

    /// <summary>The tokens that can be held.</summary>
    public int ContextTokens { get; }
}
