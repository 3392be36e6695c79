using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using NUnit.Framework;
using Winnow.Formats.Tokenizers;
using Winnow.Formats.Tokenizers.PreTokenizers;

namespace Winnow.Formats.Tests.Tokenizers;

public sealed class GgufVocabularyTests
{
    [Test]
    public void Llama_JoinsTheHighestScoreFirstAndLeftmostOnTies()
    {
        // ab scores -1, bc -2: a b c -> ab c. aa only ties with itself: leftmost.
        Tokenizer tokenizer = Llama(("a", -9), ("b", -9), ("c", -9), ("ab", -1), ("bc", -2), ("aa", -3));
        Assert.That(tokenizer.Encode("abc", false), Is.EqualTo(Ids(tokenizer, "ab", "c")));
        Assert.That(tokenizer.Encode("bcc", false), Is.EqualTo(Ids(tokenizer, "bc", "c")));
        Assert.That(tokenizer.Encode("aaa", false), Is.EqualTo(Ids(tokenizer, "aa", "a")));
    }

    [Test]
    public void Llama_JoinsThroughCharactersThatAreNoTokens()
    {
        // x alone is no token, but xa is.
        Tokenizer tokenizer = Llama(("a", -1), ("xa", -2));
        Assert.That(tokenizer.Encode("xa", false), Is.EqualTo(Ids(tokenizer, "xa")));
        Assert.That(tokenizer.Encode("x", false), Is.EqualTo(new[] { 3 + 'x' }), "its byte token");
    }

    [Test]
    public void Llama_PutsASpaceInFrontAndAfterEachAddedToken()
    {
        Tokenizer tokenizer = Llama(prefix: true, ("\u2581", -2), ("a", -3), ("\u2581a", -1));
        Assert.That(tokenizer.Encode("a a<u>a", false), Is.EqualTo(Ids(tokenizer, "\u2581a", "\u2581a", "<u>", "\u2581a")));
        Assert.That(tokenizer.Decode(tokenizer.Encode("a a")), Is.EqualTo("a a"));
    }

    [Test]
    public void Llama_ControlTokensNeedParsing()
    {
        Tokenizer tokenizer = Llama(("<", -1), ("s", -2), (">", -3), ("<s", -4), ("/", -5));
        Assert.That(tokenizer.Encode("<s>", false), Is.EqualTo(Ids(tokenizer, "<s", ">")));
        Assert.That(tokenizer.Encode("<s>", false, parseSpecial: true), Is.EqualTo(new[] { 1 }));
        Assert.That(tokenizer.Encode("", true), Is.EqualTo(new[] { 1 }), "the first token is put in front");
    }

    [Test]
    public void Gpt2_UsesTheByteAlphabetAndTheWordsOfPre()
    {
        Tokenizer tokenizer = Gpt2("qwen2", ["1 2", "\u0120 a", "\u00C3 \u00A9"], "12", "\u0120a", "\u00C3\u00A9");
        Assert.That(tokenizer.Encode("12 a\u00E9"), Is.EqualTo(Ids(tokenizer, "1", "2", "\u0120a", "\u00C3\u00A9")), "qwen2 cuts digits");
        Assert.That(Gpt2("gpt-2", ["1 2"], "12").Encode("12"), Is.EqualTo(new[] { 256 }));
        Assert.That(tokenizer.Decode(tokenizer.Encode("12 a\u00E9 <u>")), Is.EqualTo("12 a\u00E9 <u>"));
        Assert.That(tokenizer.TokenBytes(257).ToArray(), Is.EqualTo(" a"u8.ToArray()));
    }

    [Test]
    public void Gpt2_AnUnknownPreIsNamed()
    {
        var error = Assert.Throws<ModelFormatException>(() => Gpt2("qwen9", []));
        Assert.That(error!.Key, Is.EqualTo("tokenizer.ggml.pre"));
        Assert.That(error.Message, Does.Contain("qwen9"));
    }

    [TestCase("llama-bpe", "123456 it'S", "123|456| it|'S")]
    [TestCase("qwen2", "12 don't", "1|2| don|'t")]
    [TestCase("deepseek-v3", "1234\u4E2D\u6587abc .x", "123|4|\u4E2D\u6587|abc| .|x")]
    [TestCase("deepseek-coder", "a\nb, 12", "a|\n|b|,| |1|2")]
    [TestCase("starcoder", "ab12 cd", "ab|1|2| cd")]
    [TestCase("tekken", "HelloWorld's12", "Hello|World|'s|1|2")]
    [TestCase("gpt-4o", "HelloWorld's1234", "Hello|World's|123|4")]
    [TestCase("falcon", "ab, 12345", "ab|,| |123|45")]
    public void Gpt2_PreCutsAsPublished(string pre, string text, string expected)
    {
        Assert.That(Cut(pre, text), Is.EqualTo(expected.Split('|')));
    }

    [Test]
    public void Bert_SpellsWordsWithAPhantomSpace()
    {
        Tokenizer tokenizer = Tokenizer.FromGguf(new GgufVocabulary
        {
            Model = "bert",
            Tokens = new[] { "[PAD]", "[UNK]", "[CLS]", "[SEP]", "\u2581un", "able", "\u2581,", "\u2581e" }.Select(Encoding.UTF8.GetBytes).ToArray(),
            TokenTypes = [3, 3, 3, 3, 1, 1, 1, 1],
            BosId = 2,
            UnknownId = 1,
            SeparatorId = 3,
        });
        Assert.That(tokenizer.Encode("Unable, \u00C9 zz"), Is.EqualTo(new[] { 2, 4, 5, 6, 7, 1, 3 }));
        Assert.That(tokenizer.Decode([2, 4, 5, 6, 7, 3]), Is.EqualTo("unable , e"));
    }

    [Test]
    public void T5_NormalizesMergesSpacesAndEndsTheSequence()
    {
        Tokenizer tokenizer = Tokenizer.FromGguf(new GgufVocabulary
        {
            Model = "t5",
            Tokens = new[] { "<pad>", "</s>", "<unk>", "\u2581", "a", "\u2581a", "b", "\u2581ab" }.Select(Encoding.UTF8.GetBytes).ToArray(),
            Scores = [0, 0, 0, -2, -2, -1.5f, -2, -9],
            TokenTypes = [3, 3, 2, 1, 1, 1, 1, 1],
            AddSpacePrefix = true,
            RemoveExtraWhitespaces = true,
            PrecompiledCharsMap = NormalizerTests.Compile(("\u00E4", "a"), ("\t", " ")),
        });
        // Runs of spaces become one; a-umlaut becomes a; "_a b" (-3.5) beats "_ab" (-9).
        Assert.That(tokenizer.Encode("  \u00E4b\t a "), Is.EqualTo(new[] { 5, 6, 5, 1 }));
        Assert.That(tokenizer.Decode([5, 6, 5, 1]), Is.EqualTo("ab a"));
        Assert.That(tokenizer.Encode("x", false), Is.EqualTo(new[] { 3, 2 }));
    }

    [TestCase("tokenizer.ggml.model", "rwkv")]
    public void FromGguf_AnUnknownModelIsNamed(string key, string model)
    {
        var error = Assert.Throws<ModelFormatException>(
            () => Tokenizer.FromGguf(new GgufVocabulary { Model = model, Tokens = ["a"u8.ToArray()], Path = "m.gguf" }));
        Assert.That((error!.Key, error.Path), Is.EqualTo((key, "m.gguf")));
        Assert.That(error.Message, Does.Contain(model));
    }

    [Test]
    public void FromGguf_EveryKnownEndStopsGeneration()
    {
        Tokenizer tokenizer = Tokenizer.FromGguf(new GgufVocabulary
        {
            Model = "llama",
            Tokens = new[] { "<unk>", "<s>", "</s>", "<|im_end|>", "<t>" }.Select(Encoding.UTF8.GetBytes).ToArray(),
            Scores = new float[5],
            TokenTypes = [2, 3, 3, 3, 3],
            EosId = 2,
            EotId = 4,
        });
        Assert.That(tokenizer.EndOfGenerationIds, Is.EqualTo(new[] { 2, 4, 3 }));
    }

    private static Tokenizer Llama(params (string, float)[] tokens) => Llama(false, tokens);

    private static Tokenizer Llama(bool prefix, params (string Token, float Score)[] tokens)
    {
        string[] all = ["<unk>", "<s>", "</s>", .. TestTokenizers.ByteTokens(), "<u>", .. tokens.Select(pair => pair.Token)];
        return Tokenizer.FromGguf(new GgufVocabulary
        {
            Model = "llama",
            Tokens = all.Select(Encoding.UTF8.GetBytes).ToArray(),
            Scores = [.. new float[260], .. tokens.Select(pair => pair.Score)],
            TokenTypes = [2, 3, 3, .. Enumerable.Repeat(6, 256), 4, .. tokens.Select(_ => 1)],
            AddSpacePrefix = prefix,
        });
    }

    private static Tokenizer Gpt2(string pre, string[] merges, params string[] tokens)
    {
        string[] all = [.. TestTokenizers.ByteLetters(), .. tokens, "<u>"];
        return Tokenizer.FromGguf(new GgufVocabulary
        {
            Model = "gpt2",
            Pre = pre,
            Tokens = all.Select(Encoding.UTF8.GetBytes).ToArray(),
            TokenTypes = [.. Enumerable.Repeat(1, all.Length - 1), 4],
            Merges = merges,
            AddBos = false,
        });
    }

    private static int[] Ids(Tokenizer tokenizer, params string[] tokens)
    {
        return Array.ConvertAll(tokens, token => tokenizer.TryGetId(token, out int id) ? id : throw new AssertionException(token));
    }

    private static string[] Cut(string pre, string text)
    {
        var pieces = new List<Piece>();
        GgufPreTokenizers.Find(pre)!.Value.PreTokenizer.Split(new Piece(text, 0, text.Length, true), pieces);
        return pieces.Select(piece => Encoding.UTF8.GetString(ByteAlphabet.ToBytes(piece.Span))).ToArray();
    }
}
