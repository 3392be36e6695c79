using System.Collections.Generic;

namespace Winnow.Formats.Tokenizers.Normalizers;

/// <summary>Applies one normalizer after the other.</summary>
internal sealed class SequenceNormalizer : Normalizer
{
    private readonly IReadOnlyList<Normalizer> _stages;

    public SequenceNormalizer(IReadOnlyList<Normalizer> stages) => _stages = stages;

    public override string Normalize(string text)
    {
        foreach (Normalizer stage in _stages)
        {
            text = stage.Normalize(text);
        }

        return text;
    }
}
