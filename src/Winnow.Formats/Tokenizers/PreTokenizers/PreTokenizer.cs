using System.Collections.Generic;

namespace Winnow.Formats.Tokenizers.PreTokenizers;

/// <summary>Cuts text into the pieces that a model encodes one by one. Immutable.</summary>
internal abstract class PreTokenizer
{
    /// <summary>Appends the pieces of <paramref name="piece"/> in order; none of them is empty.</summary>
    public abstract void Split(Piece piece, List<Piece> pieces);
}
