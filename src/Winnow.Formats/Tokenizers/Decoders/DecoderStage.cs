using System;

namespace Winnow.Formats.Tokenizers.Decoders;

/// <summary>One step from tokens to text. Text arrives in parts, each token is closed by <see cref="EndToken"/>.</summary>
/// <remarks>Stages hold back what later tokens could still change, so the text that leaves the chain is final.</remarks>
internal abstract class DecoderStage
{
    private readonly DecoderStage? _next;

    protected DecoderStage(DecoderStage? next) => _next = next;

    protected DecoderStage Next => _next ?? throw new InvalidOperationException("the last stage of a decoder has no next one");

    /// <summary>Takes a part of the current token.</summary>
    public abstract void Append(ReadOnlySpan<char> text);

    /// <summary>Closes the current token.</summary>
    public abstract void EndToken();

    /// <summary>Lets go of everything held back: no token follows.</summary>
    public abstract void Finish();

    /// <summary>Hands a whole token to the next stage.</summary>
    protected void Forward(ReadOnlySpan<char> token)
    {
        Next.Append(token);
        Next.EndToken();
    }
}
