using System;

namespace Winnow.Formats.Tokenizers.Normalizers;

/// <summary>A normalizer that is one function of the text.</summary>
internal sealed class TextNormalizer : Normalizer
{
    private readonly Func<string, string> _rewrite;

    public TextNormalizer(Func<string, string> rewrite) => _rewrite = rewrite;

    public override string Normalize(string text) => _rewrite(text);

    /// <summary>Puts <paramref name="head"/> before text that is not empty.</summary>
    public static TextNormalizer Prepend(string head) => new(text => text.Length == 0 ? text : head + text);

    /// <summary>Replaces every occurrence of <paramref name="pattern"/>, left to right.</summary>
    public static TextNormalizer Replace(string pattern, string content)
    {
        return new TextNormalizer(text => text.Replace(pattern, content, StringComparison.Ordinal));
    }
}
