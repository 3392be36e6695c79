using System;
using System.Text;
using Winnow.Formats.Tokenizers.PreTokenizers;

namespace Winnow.Formats.Tokenizers.Normalizers;

/// <summary>Replaces the matches of a pattern, left to right.</summary>
internal static class ScanReplace
{
    public static string Apply(string text, Scanner pattern, string content)
    {
        var result = new StringBuilder(text.Length);
        for (int at = 0; at < text.Length;)
        {
            int length = pattern.Match(text, at);
            if (length > 0)
            {
                result.Append(content);
                at += length;
                continue;
            }

            _ = ScanText.At(text, at, out int step);
            result.Append(text.AsSpan(at, step));
            at += step;
        }

        return result.ToString();
    }
}
