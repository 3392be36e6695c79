using System.Collections.Generic;

namespace Winnow.Formats.Tokenizers.Decoders;

/// <summary>The recipe of a decoder: makes fresh chains of stages, one for each text.</summary>
internal sealed class DecoderChain
{
    private readonly IReadOnlyList<DecoderStep> _steps;

    public DecoderChain(IReadOnlyList<DecoderStep> steps, bool takesBytes)
    {
        _steps = steps;
        TakesBytes = takesBytes;
    }

    /// <summary>Whether the chain is fed the tokens' bytes as one UTF-8 text instead of the tokens' spelling.</summary>
    public bool TakesBytes { get; }

    /// <summary>Builds the stages in front of <paramref name="sink"/> and returns the first.</summary>
    public DecoderStage Build(DecoderStage sink)
    {
        DecoderStage stage = sink;
        for (int index = _steps.Count - 1; index >= 0; index--)
        {
            stage = _steps[index].Create(stage);
        }

        return stage;
    }

    /// <summary>The bytes that a token adds in the middle of a text.</summary>
    public byte[] ToBytes(string token)
    {
        foreach (DecoderStep step in _steps)
        {
            if (step.ToBytes?.Invoke(token) is byte[] bytes)
            {
                return bytes;
            }

            token = step.Rewrite?.Invoke(token) ?? token;
        }

        return System.Text.Encoding.UTF8.GetBytes(token);
    }
}
