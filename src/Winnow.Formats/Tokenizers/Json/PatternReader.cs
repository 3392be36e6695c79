using Winnow.Formats.Tokenizers.PreTokenizers;

namespace Winnow.Formats.Tokenizers.Json;

/// <summary>Reads a pattern: a fixed string, or a regular expression that this version has a scanner for.</summary>
internal static class PatternReader
{
    public static Scanner Read(JsonPart part)
    {
        if (part.TryGet("String", out JsonPart literal))
        {
            string text = literal.Text();
            return text.Length > 0 ? new LiteralScanner(text) : throw literal.Error("is empty");
        }

        JsonPart expression = part.Get("Regex");
        string pattern = expression.Text();
        return KnownPatterns.Find(pattern) ?? SimplePattern.TryParse(pattern)
            ?? throw expression.Error($"this version has no scanner for the pattern {pattern}");
    }
}
