using System;

namespace Winnow.Formats.Tokenizers.PreTokenizers;

/// <summary>One fixed string.</summary>
internal sealed class LiteralScanner : Scanner
{
    private readonly string _literal;

    public LiteralScanner(string literal) => _literal = literal;

    public override int Match(ReadOnlySpan<char> text, int start)
    {
        return text[start..].StartsWith(_literal, StringComparison.Ordinal) ? _literal.Length : 0;
    }
}
