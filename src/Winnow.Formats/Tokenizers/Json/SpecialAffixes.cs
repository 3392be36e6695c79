using System.Collections.Generic;

namespace Winnow.Formats.Tokenizers.Json;

/// <summary>The ids that a post-processor puts around a single sequence.</summary>
internal sealed class SpecialAffixes
{
    public List<int> Prefix { get; } = [];

    public List<int> Suffix { get; } = [];
}
