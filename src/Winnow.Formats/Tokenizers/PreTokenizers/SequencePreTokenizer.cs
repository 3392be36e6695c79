using System.Collections.Generic;

namespace Winnow.Formats.Tokenizers.PreTokenizers;

/// <summary>Applies one pre-tokenizer after the other, each to the pieces of the one before.</summary>
internal sealed class SequencePreTokenizer : PreTokenizer
{
    private readonly IReadOnlyList<PreTokenizer> _stages;

    public SequencePreTokenizer(IReadOnlyList<PreTokenizer> stages) => _stages = stages;

    public override void Split(Piece piece, List<Piece> pieces)
    {
        var current = new List<Piece> { piece };
        foreach (PreTokenizer stage in _stages)
        {
            var next = new List<Piece>(current.Count);
            foreach (Piece part in current)
            {
                stage.Split(part, next);
            }

            current = next;
        }

        pieces.AddRange(current);
    }
}
