using System.Linq;
using NUnit.Framework;
using Winnow.Formats.Tokenizers;

namespace Winnow.Formats.Tests.Tokenizers.PreTokenizers;

public sealed class PreTokenizerTests
{
    [TestCase("""{"type":"Whitespace"}""", "Hi, you!! a_1", "Hi|,|you|!!|a_1")]
    [TestCase("""{"type":"WhitespaceSplit"}""", " Hi,\u0085you\u00A0x", "Hi,|you|x")]
    [TestCase("""{"type":"BertPreTokenizer"}""", "a,b $\u2014c\u20AC", "a|,|b|$|\u2014|c\u20AC")]
    [TestCase("""{"type":"Punctuation"}""", "a.,b", "a|.|,|b")]
    [TestCase("""{"type":"Punctuation","behavior":"contiguous"}""", "a.,b", "a|.,|b")]
    [TestCase("""{"type":"Digits","individual_digits":true}""", "a12\u00BD", "a|1|2|\u00BD")]
    [TestCase("""{"type":"Digits","individual_digits":false}""", "a12b3", "a|12|b|3")]
    [TestCase("""{"type":"CharDelimiterSplit","delimiter":"-"}""", "a--b", "a|b")]
    [TestCase("""{"type":"FixedLength","length":2}""", "ab\U0001F642cd", "ab|\U0001F642c|d")]
    [TestCase("""{"type":"Metaspace","replacement":"_","prepend_scheme":"always"}""", "a b  c", "_a|_b|_|_c")]
    [TestCase("""{"type":"Metaspace","replacement":"_","add_prefix_space":false}""", "a b", "a|_b")]
    [TestCase("""{"type":"Metaspace","replacement":"_","prepend_scheme":"always","split":false}""", " a b", "_a_b")]
    [TestCase("""{"type":"Split","pattern":{"String":"-"},"behavior":"Removed"}""", "a--b-", "a|b")]
    [TestCase("""{"type":"Split","pattern":{"String":"-"},"behavior":"Isolated"}""", "a--b-", "a|-|-|b|-")]
    [TestCase("""{"type":"Split","pattern":{"String":"-"},"behavior":"Contiguous"}""", "a--b-", "a|--|b|-")]
    [TestCase("""{"type":"Split","pattern":{"String":"-"},"behavior":"MergedWithPrevious"}""", "a--b-", "a-|-|b-")]
    [TestCase("""{"type":"Split","pattern":{"String":"-"},"behavior":"MergedWithNext"}""", "a--b-", "a|-|-b|-")]
    [TestCase("""{"type":"Split","pattern":{"Regex":"\\w+"},"behavior":"Removed","invert":true}""", "a--b", "a|b")]
    [TestCase("""{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{"type":"Digits","individual_digits":true}]}""", "a1 2", "a|1|2")]
    public void Encode_CutsByTheRule(string preTokenizer, string text, string expected)
    {
        // WordLevel makes one id of each piece, so the ids spell the pieces.
        string[] pieces = expected.Split('|');
        string[] tokens = ["?", .. pieces.Distinct()];
        string model = $$"""{"type":"WordLevel","unk_token":"?","vocab":{{TestTokenizers.Vocabulary(tokens)}}}""";
        Tokenizer tokenizer = TestTokenizers.Parse(model, preTokenizer: preTokenizer);
        Assert.That(tokenizer.Encode(text).Select(tokenizer.TokenText), Is.EqualTo(pieces));
    }

    [Test]
    public void Encode_MetaspaceFirstTouchesOnlyTheStartOfTheInput()
    {
        string model = $$"""{"type":"WordLevel","unk_token":"?","vocab":{{TestTokenizers.Vocabulary("?", "_a", "a", "<x>")}}}""";
        string added = $"[{TestTokenizers.Added(3, "<x>")}]";
        Tokenizer first = TestTokenizers.Parse(model, preTokenizer: """{"type":"Metaspace","replacement":"_","prepend_scheme":"first"}""", added: added);
        Assert.That(first.Encode("a<x>a"), Is.EqualTo(new[] { 1, 3, 2 }));
        Tokenizer always = TestTokenizers.Parse(model, preTokenizer: """{"type":"Metaspace","replacement":"_","prepend_scheme":"always"}""", added: added);
        Assert.That(always.Encode("a<x>a"), Is.EqualTo(new[] { 1, 3, 1 }));
    }

    [Test]
    public void Encode_ByteLevelWritesTheAlphabetWordByWord()
    {
        string letters = TestTokenizers.Vocabulary("?", "\u0120Hi", "\u00C3\u00A9", "\u0120", "Hi");
        string model = $$"""{"type":"WordLevel","unk_token":"?","vocab":{{letters}}}""";
        Tokenizer tokenizer = TestTokenizers.Parse(model, preTokenizer: """{"type":"ByteLevel","add_prefix_space":true}""");
        Assert.That(tokenizer.Encode("Hi  Hi"), Is.EqualTo(new[] { 1, 3, 1 }));
        Tokenizer bare = TestTokenizers.Parse(model, preTokenizer: """{"type":"ByteLevel","add_prefix_space":false}""");
        Assert.That(bare.Encode("Hi \u00E9"), Is.EqualTo(new[] { 4, 0 }));
        Assert.That(bare.Encode("\u00E9"), Is.EqualTo(new[] { 2 }));
    }

    [Test]
    public void ByteAlphabet_IsThePublishedOne()
    {
        string[] letters = TestTokenizers.ByteLetters();
        string model = TestTokenizers.Bpe(letters, []);
        Tokenizer tokenizer = TestTokenizers.Parse(model, preTokenizer: """{"type":"ByteLevel","add_prefix_space":false}""");
        Assert.That(letters[' '], Is.EqualTo("\u0120"));
        Assert.That(tokenizer.Encode("\u0000 ~\u007F\u00E9"), Is.EqualTo(new[] { 0, 32, 126, 127, 0xC3, 0xA9 }));
        for (int value = 0; value < 256; value++)
        {
            Assert.That(ByteAlphabet.ToBytes(letters[value]), Is.EqualTo(new[] { (byte)value }));
        }
    }
}
