using System;
using System.Collections.Generic;

namespace Winnow.Formats.Tokenizers.Models;

/// <summary>Turns one pre-token into ids. Immutable, so that several threads may use it.</summary>
internal abstract class TokenModel
{
    /// <summary>Appends the ids of <paramref name="piece"/>, which is valid UTF-16 and not empty.</summary>
    public abstract void Encode(ReadOnlySpan<char> piece, List<int> ids);
}
