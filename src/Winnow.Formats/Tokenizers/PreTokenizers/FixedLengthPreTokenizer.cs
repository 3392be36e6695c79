using System.Collections.Generic;

namespace Winnow.Formats.Tokenizers.PreTokenizers;

/// <summary>Cuts text every so many characters.</summary>
internal sealed class FixedLengthPreTokenizer : PreTokenizer
{
    private readonly int _length;

    public FixedLengthPreTokenizer(int length) => _length = length;

    public override void Split(Piece piece, List<Piece> pieces)
    {
        for (int start = 0; start < piece.Length;)
        {
            int end = ScanText.Run(piece.Span, start, _length, _ => true);
            pieces.Add(piece.Slice(start, end - start));
            start = end;
        }
    }
}
