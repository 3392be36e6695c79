using NUnit.Framework;
using Winnow.Formats.Tokenizers;

namespace Winnow.Formats.Tests.Tokenizers.Models;

public sealed class WordModelTests
{
    private const string Split = """{"type":"WhitespaceSplit"}""";

    [Test]
    public void WordPiece_TakesTheLongestTokenFirst()
    {
        string model = $$"""{"type":"WordPiece","unk_token":"[UNK]","vocab":{{TestTokenizers.Vocabulary("[UNK]", "un", "unaff", "##aff", "##able", "##a")}}}""";
        Tokenizer tokenizer = TestTokenizers.Parse(model, preTokenizer: Split);
        Assert.That(tokenizer.Encode("unaffable un"), Is.EqualTo(new[] { 2, 4, 1 }));
    }

    [Test]
    public void WordPiece_AWordThatCannotBeSpelledIsOneUnknown()
    {
        string model = $$"""{"type":"WordPiece","unk_token":"[UNK]","vocab":{{TestTokenizers.Vocabulary("[UNK]", "un", "##a")}}}""";
        Tokenizer tokenizer = TestTokenizers.Parse(model, preTokenizer: Split);
        Assert.That(tokenizer.Encode("unax una"), Is.EqualTo(new[] { 0, 1, 2 }));
    }

    [Test]
    public void WordPiece_WordsOverTheLimitAreUnknown()
    {
        string model = $$"""
            {"type":"WordPiece","unk_token":"[UNK]","max_input_chars_per_word":3,"vocab":{{TestTokenizers.Vocabulary("[UNK]", "a", "##a")}}}
            """;
        Tokenizer tokenizer = TestTokenizers.Parse(model, preTokenizer: Split);
        Assert.That(tokenizer.Encode("aaa aaaa"), Is.EqualTo(new[] { 1, 2, 2, 0 }));
    }

    [Test]
    public void WordPiece_DecoderJoinsContinuationsAndCleansUp()
    {
        string model = $$"""{"type":"WordPiece","unk_token":"[UNK]","vocab":{{TestTokenizers.Vocabulary("[UNK]", "hel", "##lo", ".", "world")}}}""";
        Tokenizer clean = TestTokenizers.Parse(model, decoder: """{"type":"WordPiece","prefix":"##","cleanup":true}""");
        Tokenizer plain = TestTokenizers.Parse(model, decoder: """{"type":"WordPiece","prefix":"##","cleanup":false}""");
        int[] ids = [1, 2, 4, 3];
        Assert.That(clean.Decode(ids), Is.EqualTo("hello world."));
        Assert.That(plain.Decode(ids), Is.EqualTo("hello world ."));
        Assert.That(plain.TokenBytes(2).ToArray(), Is.EqualTo("lo"u8.ToArray()));
    }

    [Test]
    public void WordLevel_LooksWordsUp()
    {
        string model = $$"""{"type":"WordLevel","unk_token":"?","vocab":{{TestTokenizers.Vocabulary("?", "one", "two")}}}""";
        Tokenizer tokenizer = TestTokenizers.Parse(model, preTokenizer: Split);
        Assert.That(tokenizer.Encode("two one\tthree"), Is.EqualTo(new[] { 2, 1, 0 }));
        Assert.That(tokenizer.Decode([2, 1]), Is.EqualTo("two one"), "no decoder: a space between tokens");
    }
}
