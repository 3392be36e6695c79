using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using NUnit.Framework;
using Winnow.Formats.Tokenizers;

namespace Winnow.Formats.Tests.Tokenizers.Models;

public sealed class UnigramModelTests
{
    [Test]
    public void Encode_TakesTheMostProbablePath()
    {
        // ab + c = -3 beats a + bc = -4 and a + b + c = -6.
        Tokenizer tokenizer = Unigram(("<unk>", 0), ("a", -2), ("b", -2), ("c", -2), ("ab", -1), ("bc", -2));
        Assert.That(tokenizer.Encode("abc"), Is.EqualTo(new[] { 4, 3 }));
    }

    [Test]
    public void Encode_NeighbouringUnknownCharactersBecomeOneToken()
    {
        Tokenizer tokenizer = Unigram(("<unk>", 0), ("a", -1));
        Assert.That(tokenizer.Encode("axy\U0001F642a"), Is.EqualTo(new[] { 1, 0, 1 }));
    }

    [Test]
    public void Encode_ByteFallbackSpellsUnknownCharacters()
    {
        var tokens = new List<(string, double)> { ("<unk>", 0), ("a", -1) };
        tokens.AddRange(TestTokenizers.ByteTokens().Select(token => (token, -50.0)));
        Tokenizer tokenizer = TestTokenizers.Parse(Json(tokens, ",\"byte_fallback\":true"));
        Assert.That(tokenizer.Encode("a\u00E9"), Is.EqualTo(new[] { 1, 2 + 0xC3, 2 + 0xA9 }));
        Assert.That(tokenizer.Encode("<0x41>"), Is.EqualTo("<0x41>".Select(letter => 2 + letter)), "text that spells a byte token is text");
    }

    [Test]
    public void Encode_ScoreEqualsBruteForceOnRandomText()
    {
        var random = new Random(1);
        for (int round = 0; round < 60; round++)
        {
            var tokens = new Dictionary<string, double> { ["<unk>"] = 0 };
            while (tokens.Count < 14)
            {
                string token = string.Concat(Enumerable.Range(0, random.Next(1, 4)).Select(_ => "abc"[random.Next(3)]));
                tokens[token] = -1 - (random.NextDouble() * 8);
            }

            Tokenizer tokenizer = TestTokenizers.Parse(Json(tokens.Select(pair => (pair.Key, pair.Value)).ToList(), ""));
            string[] names = [.. tokens.Keys];
            for (int trial = 0; trial < 10; trial++)
            {
                string text = string.Concat(Enumerable.Range(0, random.Next(1, 11)).Select(_ => "abcd"[random.Next(4)]));
                int[] ids = tokenizer.Encode(text);
                double expected = BestScore(text, 0, tokens);
                double actual = Score(text, 0, ids, names, tokens);
                Assert.That(actual, Is.EqualTo(expected).Within(1e-9), text);
            }
        }
    }

    private static double Unknown(Dictionary<string, double> tokens) => tokens.Values.Min() - 10;

    // Tries every way to cut the text.
    private static double BestScore(string text, int at, Dictionary<string, double> tokens)
    {
        if (at == text.Length)
        {
            return 0;
        }

        double best = double.NegativeInfinity;
        for (int length = 1; at + length <= text.Length; length++)
        {
            if (tokens.TryGetValue(text.Substring(at, length), out double score))
            {
                best = Math.Max(best, score + BestScore(text, at + length, tokens));
            }
        }

        return tokens.ContainsKey(text.Substring(at, 1)) ? best : Math.Max(best, Unknown(tokens) + BestScore(text, at + 1, tokens));
    }

    // What the ids cost at best: an unknown token may stand for any number of characters.
    private static double Score(string text, int at, ReadOnlySpan<int> ids, string[] names, Dictionary<string, double> tokens)
    {
        if (ids.IsEmpty)
        {
            return at == text.Length ? 0 : double.NegativeInfinity;
        }

        string name = names[ids[0]];
        if (ids[0] != 0)
        {
            return text.AsSpan(at).StartsWith(name, StringComparison.Ordinal)
                ? tokens[name] + Score(text, at + name.Length, ids[1..], names, tokens) : double.NegativeInfinity;
        }

        double best = double.NegativeInfinity;
        for (int length = 1; at + length <= text.Length; length++)
        {
            best = Math.Max(best, (length * Unknown(tokens)) + Score(text, at + length, ids[1..], names, tokens));
        }

        return best;
    }

    private static Tokenizer Unigram(params (string, double)[] tokens) => TestTokenizers.Parse(Json(tokens, ""));

    private static string Json(IEnumerable<(string Token, double Score)> tokens, string more)
    {
        IEnumerable<string> pairs = tokens.Select(pair =>
            $"[{TestTokenizers.Quote(pair.Token)},{pair.Score.ToString("R", CultureInfo.InvariantCulture)}]");
        return $$"""{"type":"Unigram","unk_id":0,"vocab":[{{string.Join(",", pairs)}}]{{more}}}""";
    }
}
