using System.Collections.Generic;

namespace Winnow.Benchmarking.Descriptions;

/// <summary>Small things about the text of descriptions.</summary>
internal static class DescriptionText
{
    /// <summary>Splits at the commas that are in no parentheses, and trims; an empty text has no parts.</summary>
    public static IReadOnlyList<string> Split(string text)
    {
        var parts = new List<string>();
        (int start, int depth) = (0, 0);
        for (int i = 0; i < text.Length; i++)
        {
            depth += text[i] switch { '(' => 1, ')' => -1, _ => 0 };
            if (text[i] == ',' && depth == 0)
            {
                parts.Add(text[start..i].Trim());
                start = i + 1;
            }
        }

        if (parts.Count > 0 || text.Trim().Length > 0)
        {
            parts.Add(text[start..].Trim());
        }

        return parts;
    }
}
