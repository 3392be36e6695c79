using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using NUnit.Framework;
using Winnow.Formats.Tokenizers;

namespace Winnow.Formats.Tests.Tokenizers.Models;

public sealed class BpeModelTests
{
    private static readonly string[] Letters = ["a", "b", "c", "d"];

    [Test]
    public void Encode_MergesLowestRankFirst()
    {
        // ab has rank 0, bc rank 1: a b c -> ab c, although bc would match too.
        Tokenizer tokenizer = TestTokenizers.Parse(TestTokenizers.Bpe([.. Letters, "ab", "bc", "abc"], ["a b", "b c", "a bc"]));
        Assert.That(tokenizer.Encode("abc"), Is.EqualTo(new[] { 4, 2 }));
        Assert.That(tokenizer.Encode("bcabc"), Is.EqualTo(new[] { 5, 4, 2 }));
    }

    [Test]
    public void Encode_MergesLeftmostOnTies()
    {
        Tokenizer tokenizer = TestTokenizers.Parse(TestTokenizers.Bpe(["a", "aa"], ["a a"]));
        Assert.That(tokenizer.Encode("aaaaa"), Is.EqualTo(new[] { 1, 1, 0 }));
    }

    [Test]
    public void Encode_ReadsMergesAsPairsToo()
    {
        string model = """{"type":"BPE","vocab":{"a":0," ":1,"a ":2},"merges":[["a"," "]]}""";
        Assert.That(TestTokenizers.Parse(model).Encode("a a"), Is.EqualTo(new[] { 2, 0 }));
    }

    [TestCase(false, new[] { 0, 1, 2 })]
    [TestCase(true, new[] { 3 })]
    public void Encode_IgnoreMergesTakesWholePreTokens(bool ignore, int[] expected)
    {
        // abc is a token that no merge reaches.
        string more = $",\"ignore_merges\":{(ignore ? "true" : "false")}";
        Tokenizer tokenizer = TestTokenizers.Parse(TestTokenizers.Bpe(["a", "b", "c", "abc"], [], more));
        Assert.That(tokenizer.Encode("abc"), Is.EqualTo(expected));
    }

    [TestCase(false, new[] { 1, 0, 0, 1 })]
    [TestCase(true, new[] { 1, 0, 1 })]
    public void Encode_FuseUnknownJoinsNeighbours(bool fuse, int[] expected)
    {
        string more = $",\"unk_token\":\"?\",\"fuse_unk\":{(fuse ? "true" : "false")}";
        Assert.That(TestTokenizers.Parse(TestTokenizers.Bpe(["?", "a"], [], more)).Encode("axya"), Is.EqualTo(expected));
    }

    [Test]
    public void Encode_WithoutUnknownTokenUnknownCharactersVanish()
    {
        Assert.That(TestTokenizers.Parse(TestTokenizers.Bpe(["a"], [])).Encode("xay"), Is.EqualTo(new[] { 0 }));
    }

    [Test]
    public void Encode_ByteFallbackNeedsAllByteTokens()
    {
        string more = ",\"unk_token\":\"?\",\"byte_fallback\":true";
        string[] bytes = TestTokenizers.ByteTokens();
        Tokenizer all = TestTokenizers.Parse(TestTokenizers.Bpe([.. bytes, "?", "a"], [], more));
        Assert.That(all.Encode("aé"), Is.EqualTo(new[] { 257, 0xC3, 0xA9 }));
        Tokenizer most = TestTokenizers.Parse(TestTokenizers.Bpe([.. bytes[..255], "?", "a"], [], more));
        Assert.That(most.Encode("aé"), Is.EqualTo(new[] { 256, 255 }));
    }

    [Test]
    public void Encode_PrefixAndSuffixMarkPlacesInTheWord()
    {
        // Inside a word characters carry ##, the last one also </w>; the merged token leaves the right prefix out.
        string[] tokens = ["a", "##b", "##c</w>", "ab", "abc</w>", "a</w>"];
        string more = ",\"continuing_subword_prefix\":\"##\",\"end_of_word_suffix\":\"</w>\"";
        Tokenizer tokenizer = TestTokenizers.Parse(TestTokenizers.Bpe(tokens, ["a ##b", "ab ##c</w>"], more));
        Assert.That(tokenizer.Encode("abc"), Is.EqualTo(new[] { 4 }));
        Assert.That(tokenizer.Encode("a"), Is.EqualTo(new[] { 5 }));
    }

    [Test]
    public void Encode_AstralLettersAreOneCharacter()
    {
        Tokenizer tokenizer = TestTokenizers.Parse(TestTokenizers.Bpe(["\U00020BB7", "a", "a\U00020BB7"], ["a \U00020BB7"]));
        Assert.That(tokenizer.Encode("a\U00020BB7\U00020BB7"), Is.EqualTo(new[] { 2, 0 }));
    }

    [Test]
    public void Encode_EqualsNaiveReferenceOnRandomText()
    {
        var random = new Random(1);
        for (int round = 0; round < 40; round++)
        {
            (List<string> tokens, List<(string, string)> merges) = RandomMerges(random, 4, 40);
            string[] spelled = merges.Select(merge => $"{merge.Item1} {merge.Item2}").ToArray();
            Tokenizer tokenizer = TestTokenizers.Parse(TestTokenizers.Bpe([.. tokens], spelled));
            for (int text = 0; text < 25; text++)
            {
                string word = string.Concat(Enumerable.Range(0, random.Next(1, 120)).Select(_ => Letters[random.Next(4)]));
                int[] expected = Naive(word, tokens, merges);
                Assert.That(tokenizer.Encode(word), Is.EqualTo(expected), word);
                Assert.That(tokenizer.Encode(word), Is.EqualTo(expected), "from the cache");
            }
        }
    }

    [Test]
    public void Encode_OfAMegabyteOfOneLetterIsNotQuadratic()
    {
        string[] tokens = ["a", "aa", "aaaa", "aaaaaaaa"];
        Tokenizer tokenizer = TestTokenizers.Parse(TestTokenizers.Bpe(tokens, ["a a", "aa aa", "aaaa aaaa"]));
        var watch = Stopwatch.StartNew();
        int[] ids = tokenizer.Encode(new string('a', 1 << 20));
        Assert.That(ids, Has.Length.EqualTo(1 << 17).And.All.EqualTo(3));
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(20)), "a quadratic merge takes hours");
    }

    private static (List<string> Tokens, List<(string, string)> Merges) RandomMerges(Random random, int letters, int count)
    {
        var tokens = new List<string>(Letters[..letters]);
        var merges = new List<(string, string)>();
        while (merges.Count < count)
        {
            (string, string) merge = (tokens[random.Next(tokens.Count)], tokens[random.Next(tokens.Count)]);
            string joined = merge.Item1 + merge.Item2;
            if (joined.Length <= 8 && !merges.Contains(merge))
            {
                merges.Add(merge);
                if (!tokens.Contains(joined))
                {
                    tokens.Add(joined);
                }
            }
        }

        return (tokens, merges);
    }

    // The definition: while any merge applies, apply the best one at its leftmost place.
    private static int[] Naive(string word, List<string> tokens, List<(string, string)> merges)
    {
        List<string> parts = word.Select(letter => letter.ToString()).ToList();
        while (true)
        {
            int bestRank = int.MaxValue;
            int bestAt = -1;
            for (int at = 0; at + 1 < parts.Count; at++)
            {
                int rank = merges.IndexOf((parts[at], parts[at + 1]));
                if (rank >= 0 && rank < bestRank)
                {
                    (bestRank, bestAt) = (rank, at);
                }
            }

            if (bestAt < 0)
            {
                return parts.Select(part => tokens.IndexOf(part)).ToArray();
            }

            parts[bestAt] += parts[bestAt + 1];
            parts.RemoveAt(bestAt + 1);
        }
    }
}
