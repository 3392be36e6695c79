using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;
using NUnit.Framework;
using Winnow.Formats.Tokenizers.PreTokenizers;

namespace Winnow.Formats.Tests.Tokenizers.PreTokenizers;

public sealed class KnownPatternTests
{
    public const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
    public const string Llama3 = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    public const string Qwen2 = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    public const string Qwen35 = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    public const string Tekken = @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    public const string Gpt4o = @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    public const string DeepSeek = @"[!""#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    public const string Cl100k = @"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+";

    private const string Alphabet = "  \t\n\r\u0085\u00A0\u3000aabzAZ\u00E9\u00C9\u0416\u0436\u4E2D\u3042\u02B0\u01C5\u0301\u0903019\u0663\u00BD'''.,!/_$+<\u20AC\u2014\u0000\u200B\u200D\uFEFFsStTmdDrReEvVlL";

    private static IEnumerable<TestCaseData> Patterns()
    {
        yield return new TestCaseData(Gpt2).SetArgDisplayNames("gpt-2");
        yield return new TestCaseData(Llama3).SetArgDisplayNames("llama-3");
        yield return new TestCaseData(Qwen2).SetArgDisplayNames("qwen2");
        yield return new TestCaseData(Qwen35).SetArgDisplayNames("qwen3.5");
        yield return new TestCaseData(Tekken).SetArgDisplayNames("tekken");
        yield return new TestCaseData(Gpt4o).SetArgDisplayNames("gpt-4o");
        yield return new TestCaseData(DeepSeek).SetArgDisplayNames("deepseek-v3");
        yield return new TestCaseData(Cl100k).SetArgDisplayNames("cl100k");
        yield return new TestCaseData(@"\p{N}{1,3}").SetArgDisplayNames("digits");
        yield return new TestCaseData("[0-9][0-9][0-9]").SetArgDisplayNames("falcon digits");
        yield return new TestCaseData(@"\s?\p{P}+").SetArgDisplayNames("punctuation");
        yield return new TestCaseData(@"[^\s,A-Z\-]{2,}").SetArgDisplayNames("negated class");
        yield return new TestCaseData(@"'s|[ \t]+|ab").SetArgDisplayNames("alternatives");
    }

    [TestCaseSource(nameof(Patterns))]
    public void Match_EqualsTheRegexWhereBothAgreeOnClasses(string pattern)
    {
        // .NET's regex is right on the basic plane apart from case folding, so there it may serve as the reference.
        var regex = new Regex(pattern.Replace("?+", "?", StringComparison.Ordinal).Replace("++", "+", StringComparison.Ordinal), RegexOptions.CultureInvariant);
        Scanner? scanner = KnownPatterns.Find(pattern) ?? SimplePattern.TryParse(pattern);
        Assert.That(scanner, Is.Not.Null);
        var random = new Random(1);
        for (int trial = 0; trial < 4000; trial++)
        {
            var text = new StringBuilder();
            for (int length = random.Next(1, 24); length > 0; length--)
            {
                text.Append(Alphabet[random.Next(Alphabet.Length)]);
            }

            string input = text.ToString();
            IEnumerable<string> expected = regex.Matches(input).Select(match => $"{match.Index}+{match.Length}");
            Assert.That(Matches(scanner!, input), Is.EqualTo(expected), Escape(input));
        }
    }

    [TestCase(Gpt2, "a\U00020BB7b \U0001D7D8\U0001D7D9 \U0001F642", "a\U00020BB7b| \U0001D7D8\U0001D7D9| \U0001F642")]
    [TestCase(Llama3, "x\U0001D400y\U0001D7D8\U0001D7D8\U0001D7D8\U0001D7D8", "x\U0001D400y|\U0001D7D8\U0001D7D8\U0001D7D8|\U0001D7D8")]
    [TestCase(Gpt4o, "\U0001D400\U0001D41A\U0001D400\U0001D41A's", "\U0001D400\U0001D41A|\U0001D400\U0001D41A's")]
    public void Match_AstralLettersAndDigitsCountAsSuch(string pattern, string text, string expected)
    {
        Assert.That(Split(pattern, text), Is.EqualTo(expected.Split('|')));
    }

    [Test]
    public void Match_KelvinSignIsALetterAndLongSFoldsToS()
    {
        Assert.That(Split(Llama3, "3\u212A'\u017Fx"), Is.EqualTo(new[] { "3", "\u212A", "'\u017F", "x" }));
        Assert.That(Split(Llama3, "'\u212A"), Is.EqualTo(new[] { "'\u212A" }));
    }

    [Test]
    public void Match_NextLineControlIsWhiteSpace()
    {
        Assert.That(Split(Gpt2, "a\u0085\u0085b"), Is.EqualTo(new[] { "a", "\u0085", "\u0085", "b" }));
        Assert.That(Split(Gpt2, "a\u001Cb"), Is.EqualTo(new[] { "a", "\u001C", "b" }), "U+001C is not");
    }

    [Test]
    public void Find_LineBreaksMayStandForThemselves()
    {
        string raw = Llama3.Replace(@"\r", "\r", StringComparison.Ordinal).Replace(@"\n", "\n", StringComparison.Ordinal);
        Assert.That(KnownPatterns.Find(raw), Is.Not.Null);
        Assert.That(KnownPatterns.Find(Llama3 + "|x"), Is.Null);
    }

    [TestCase(@"(a|b)+")]
    [TestCase(@"a+b+")]
    [TestCase(@"\s+$")]
    [TestCase(@"\s+?")]
    [TestCase(@"[a-\n]")]
    [TestCase(@"\p{Greek}")]
    [TestCase(@"a{3,1}")]
    [TestCase(@"a{1001,}")]
    [TestCase(@"[")]
    [TestCase(@"a*")]
    [TestCase(@"")]
    [TestCase(@"a|")]
    public void TryParse_RefusesWhatItDoesNotKnow(string pattern)
    {
        Assert.That(SimplePattern.TryParse(pattern), Is.Null);
    }

    private static List<string> Matches(Scanner scanner, string text)
    {
        var found = new List<string>();
        for (int at = 0; at < text.Length;)
        {
            int length = scanner.Match(text, at);
            if (length > 0)
            {
                found.Add($"{at}+{length}");
            }

            at += Math.Max(length, 1);
        }

        return found;
    }

    private static List<string> Split(string pattern, string text)
    {
        var pieces = new List<Piece>();
        new SplitPreTokenizer(KnownPatterns.Find(pattern)!, SplitBehavior.Isolated).Split(new Piece(text, 0, text.Length, true), pieces);
        return pieces.ConvertAll(piece => piece.Span.ToString());
    }

    private static string Escape(string text) => string.Concat(text.Select(unit => unit is > ' ' and < '\u007F' ? unit.ToString() : $"\\u{(int)unit:X4}"));
}
