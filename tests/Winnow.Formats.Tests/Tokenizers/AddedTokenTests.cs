using NUnit.Framework;
using Winnow.Formats.Tokenizers;

namespace Winnow.Formats.Tests.Tokenizers;

public sealed class AddedTokenTests
{
    private static readonly string[] Letters = ["a", "b", " ", "<", ">", "|", "A"];

    [Test]
    public void Encode_TakesTheLeftmostAndThenTheLongestMatch()
    {
        Tokenizer tokenizer = Parse(
            TestTokenizers.Added(10, "<|a"), TestTokenizers.Added(11, "<|a|>"), TestTokenizers.Added(12, "|>"));
        Assert.That(tokenizer.Encode("<|a|>"), Is.EqualTo(new[] { 11 }));
        Assert.That(tokenizer.Encode("<|a|a"), Is.EqualTo(new[] { 10, 5, 0 }));
        Assert.That(tokenizer.Encode("<<|a"), Is.EqualTo(new[] { 3, 10 }));
    }

    [Test]
    public void Encode_SpecialTokensMatchOnlyWhenAskedFor()
    {
        Tokenizer tokenizer = Parse(TestTokenizers.Added(10, "<a>", special: true), TestTokenizers.Added(11, "<b>"));
        Assert.That(tokenizer.Encode("<a><b>", parseSpecial: true), Is.EqualTo(new[] { 10, 11 }));
        Assert.That(tokenizer.Encode("<a><b>"), Is.EqualTo(new[] { 3, 0, 4, 11 }));
    }

    [Test]
    public void Encode_ASpecialTokenOfTheModelIsNeverMadeFromText()
    {
        // Merges and ignore_merges could both build <a>, and WordLevel could look it up.
        string bpe = TestTokenizers.Bpe(["<", "a", ">", "<a", "<a>"], ["< a"], ",\"ignore_merges\":true");
        Tokenizer tokenizer = TestTokenizers.Parse(bpe, added: $"[{TestTokenizers.Added(4, "<a>", special: true)}]");
        Assert.That(tokenizer.Encode("<a>"), Is.EqualTo(new[] { 3, 2 }));
        string words = $$"""{"type":"WordLevel","unk_token":"?","vocab":{{TestTokenizers.Vocabulary("?", "<a>")}}}""";
        tokenizer = TestTokenizers.Parse(words, added: $"[{TestTokenizers.Added(1, "<a>", special: true)}]");
        Assert.That(tokenizer.Encode("<a>"), Is.EqualTo(new[] { 0 }));
        Assert.That(tokenizer.Encode("<a>", parseSpecial: true), Is.EqualTo(new[] { 1 }));
    }

    [TestCase(",\"lstrip\":true", new[] { 0, 10, 2, 0 })]
    [TestCase(",\"rstrip\":true", new[] { 0, 2, 2, 10, 0 })]
    [TestCase("", new[] { 0, 2, 2, 10, 2, 0 })]
    public void Encode_StripSwallowsWhiteSpaceOnItsSide(string flags, int[] expected)
    {
        Assert.That(Parse(TestTokenizers.Added(10, "<|", more: flags)).Encode("a  <| a"), Is.EqualTo(expected));
    }

    [Test]
    public void Encode_SingleWordNeedsNoWordCharacterBeside()
    {
        Tokenizer tokenizer = Parse(TestTokenizers.Added(10, "ab", more: ",\"single_word\":true"));
        Assert.That(tokenizer.Encode("ab <ab> aab"), Is.EqualTo(new[] { 10, 2, 3, 10, 4, 2, 0, 0, 1 }));
    }

    [Test]
    public void Encode_NormalizedTokensMatchNormalizedText()
    {
        string lower = """{"type":"Lowercase"}""";
        string model = TestTokenizers.Bpe(Letters, []);
        Tokenizer tokenizer = TestTokenizers.Parse(
            model, lower, added: $"[{TestTokenizers.Added(10, "AB", more: ",\"normalized\":true")},{TestTokenizers.Added(6, "A", more: ",\"normalized\":false")}]");
        Assert.That(tokenizer.Encode("ab"), Is.EqualTo(new[] { 10 }));
        Assert.That(tokenizer.Encode("Ab"), Is.EqualTo(new[] { 6, 1 }), "raw matches come first");
    }

    [Test]
    public void Encode_TemplateSurroundsTheText()
    {
        string post = """
            {"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"[B]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},
             {"SpecialToken":{"id":"[E]","type_id":0}}],"special_tokens":{"[B]":{"id":"[B]","ids":[10],"tokens":["[B]"]},"[E]":{"id":"[E]","ids":[11],"tokens":["[E]"]}}}
            """;
        string added = $"[{TestTokenizers.Added(10, "[B]", true)},{TestTokenizers.Added(11, "[E]", true)}]";
        string model = TestTokenizers.Bpe(Letters, []);
        var options = new TokenizerOptions { BosToken = "[B]", EosToken = "[E]" };
        Tokenizer tokenizer = TestTokenizers.Parse(model, added: added, post: post, options: options);
        Assert.That(tokenizer.Encode("a"), Is.EqualTo(new[] { 10, 0, 11 }));
        Assert.That((tokenizer.AddsBos, tokenizer.BosId, tokenizer.EosId), Is.EqualTo((true, 10, 11)));
        Assert.That(tokenizer.Decode([10, 0, 11]), Is.EqualTo("a"));
        Assert.That(tokenizer.Decode([10, 0], skipSpecial: false), Is.EqualTo("[B] a"));

        Tokenizer without = TestTokenizers.Parse(model, added: added, post: post, options: options with { AddBosToken = false, AddEosToken = false });
        Assert.That(without.Encode("a"), Is.EqualTo(new[] { 0 }));
        Tokenizer with = TestTokenizers.Parse(model, added: added, options: options with { AddBosToken = true });
        Assert.That(with.Encode("a"), Is.EqualTo(new[] { 10, 0 }));
    }

    [Test]
    public void Encode_BertAndRobertaProcessingSurroundTheText()
    {
        string added = $"[{TestTokenizers.Added(10, "[C]", true)},{TestTokenizers.Added(11, "[S]", true)}]";
        foreach (string type in new[] { "BertProcessing", "RobertaProcessing" })
        {
            string post = $$"""{"type":"{{type}}","sep":["[S]",11],"cls":["[C]",10]}""";
            Assert.That(TestTokenizers.Parse(TestTokenizers.Bpe(Letters, []), added: added, post: post).Encode("b"), Is.EqualTo(new[] { 10, 1, 11 }));
        }
    }

    private static Tokenizer Parse(params string[] added)
    {
        return TestTokenizers.Parse(TestTokenizers.Bpe(Letters, []), added: $"[{string.Join(",", added)}]");
    }
}
