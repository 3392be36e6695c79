using System;
using System.Collections.Generic;

namespace Winnow.Formats.Tokenizers.PreTokenizers;

/// <summary>The published patterns by their spelling, each with a scanner written by hand.</summary>
internal static class KnownPatterns
{
    private const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
    private const string Contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    private const string Words = @"[^\r\n\p{L}\p{N}]?\p{L}+";
    private const string Others = @" ?[^\s\p{L}\p{N}]+[\r\n]*";
    private const string Upper = @"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]";
    private const string Lower = @"[\p{Ll}\p{Lm}\p{Lo}\p{M}]";
    private const string Lead = @"[^\r\n\p{L}\p{N}]?";
    private const string Tail = @"\s+(?!\S)|\s+";
    private const string LineTail = @"\s*[\r\n]+|" + Tail;
    private const string CaseTail = @" ?[^\s\p{L}\p{N}]+[\r\n/]*|" + LineTail;
    private const string PossessiveTail = @" ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|" + Tail;
    private const string ShortContractions = "'(?i:[sdmt]|ll|ve|re)";

    private static readonly Dictionary<string, Scanner> Scanners = Build();

    /// <summary>The scanner of a published pattern; null where the pattern is not one of them.</summary>
    public static Scanner? Find(string pattern)
    {
        // Published files differ in whether they write line breaks as escapes or as themselves.
        string spelled = pattern.Replace("\r", @"\r", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal);
        return Scanners.GetValueOrDefault(spelled);
    }

    private static Dictionary<string, Scanner> Build()
    {
        var words = new WordScanner(3);
        var digits = new WordScanner(1);
        const string CaseWords = Lead + Upper + "*" + Lower + "+|" + Lead + Upper + "+" + Lower + "*|";
        const string CaseContractions = Lead + Upper + "*" + Lower + "+" + Contractions + "?|"
            + Lead + Upper + "+" + Lower + "*" + Contractions + "?|";
        return new Dictionary<string, Scanner>(StringComparer.Ordinal)
        {
            [Gpt2] = new Gpt2Scanner(),
            [Contractions + "|" + Words + @"|\p{N}{1,3}|" + Others + "|" + LineTail] = words,
            [ShortContractions + "|" + Lead + @"+\p{L}+|\p{N}{1,3}|" + PossessiveTail] = words,
            [Contractions + "|" + Words + @"|\p{N}|" + Others + "|" + LineTail] = digits,
            [ShortContractions + "|" + Lead + @"+\p{L}+|\p{N}|" + PossessiveTail] = digits,
            [Contractions + "|" + Lead + @"[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|" + LineTail] =
                new WordScanner(1, marks: true),
            [CaseWords + @"\p{N}|" + CaseTail] = new CaseScanner(1, contractions: false),
            [CaseWords + @"\p{N}{1,3}|" + CaseTail] = new CaseScanner(3, contractions: false),
            [CaseContractions + @"\p{N}{1,3}|" + CaseTail] = new CaseScanner(3, contractions: true),
            [CaseContractions + @"\p{N}|" + CaseTail] = new CaseScanner(1, contractions: true),
            [@"[!""#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|" + LineTail] =
                new DeepSeekScanner(),
            ["[0-9][0-9][0-9]"] = new RunScanner(scalar => scalar is >= '0' and <= '9', 3, 3),
        };
    }
}
