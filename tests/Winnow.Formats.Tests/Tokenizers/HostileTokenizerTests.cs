using System.Linq;
using System.Text;
using NUnit.Framework;
using Winnow.Formats.Tokenizers;

namespace Winnow.Formats.Tests.Tokenizers;

public sealed class HostileTokenizerTests
{
    private const string Model = """{"type":"BPE","vocab":{"a":0,"b":1},"merges":[]}""";

    private static readonly TestCaseData[] Damages =
    [
        Case("[]", null), Case("", null), Case("{", null), Case("{}", "model"), Case("""{"model":3}""", "model"),
        OfModel("""{"type":"Neural","vocab":{}}""", "model", "Neural"),
        OfModel("""{"type":"BPE","vocab":{"a":2000000000},"merges":[]}""", "vocab"),
        OfModel("""{"type":"BPE","vocab":{"a":2147483647},"merges":[]}""", "model.vocab"),
        OfModel("""{"type":"BPE","vocab":{"a":-1},"merges":[]}""", "model.vocab"),
        OfModel("""{"type":"BPE","vocab":{"a":1e99},"merges":[]}""", "model.vocab"),
        OfModel("""{"type":"BPE","vocab":{"a":0,"b":0},"merges":[]}""", "model.vocab", "share id 0"),
        OfModel("""{"type":"BPE","vocab":{"a":0,"a":1},"merges":[]}""", "model.vocab", "listed twice"),
        OfModel("""{"type":"BPE","vocab":["a"],"merges":[]}""", "model.vocab"),
        OfModel("""{"type":"BPE","vocab":{"\ud800":0},"merges":[]}""", "model.vocab"),
        OfModel("""{"type":"BPE","vocab":{"a":0}}""", "model.merges", "is missing"),
        OfModel("""{"type":"BPE","vocab":{"a":0},"merges":["a b"]}""", "model.merges[0]"),
        OfModel("""{"type":"BPE","vocab":{"a":0,"b":1},"merges":["a b"]}""", "model.merges[0]", "result"),
        OfModel("""{"type":"BPE","vocab":{"a":0},"merges":["a a a"]}""", "model.merges[0]"),
        OfModel("""{"type":"BPE","vocab":{"a":0},"merges":["a"]}""", "model.merges[0]"),
        OfModel("""{"type":"BPE","vocab":{"a":0},"merges":[["a"]]}""", "model.merges[0]"),
        OfModel("""{"type":"BPE","vocab":{"a":0},"merges":[["a",1]]}""", "model.merges[0][1]"),
        OfModel("""{"type":"BPE","vocab":{"a":0},"merges":[],"unk_token":"x"}""", "model.unk_token"),
        OfModel("""{"type":"BPE","vocab":{"a":0},"merges":[],"byte_fallback":"yes"}""", "model.byte_fallback"),
        OfModel("""{"type":"BPE","vocab":{"a":0},"merges":[],"dropout":0.1}""", "model.dropout"),
        OfModel("""{"type":"Unigram","vocab":[["a",-1]]}""", "model.unk_id"),
        OfModel("""{"type":"Unigram","vocab":[["a",-1]],"unk_id":1}""", "model.unk_id"),
        OfModel("""{"type":"Unigram","vocab":[["a",1e999]],"unk_id":0}""", "model.vocab[0][1]"),
        OfModel("""{"type":"WordPiece","vocab":{"a":0},"unk_token":"[UNK]"}""", "model.unk_token"),
        OfStage("normalizer", """{"type":"Rot13"}""", "normalizer", "Rot13"),
        OfStage("normalizer", """{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Rot13"}]}""", "normalizer.normalizers[1]", "Rot13"),
        OfStage("normalizer", """{"type":"Replace","pattern":{"Regex":"(a|b)+"},"content":""}""", "normalizer.pattern.Regex", "(a|b)+"),
        OfStage("normalizer", """{"type":"Replace","pattern":{"String":""},"content":""}""", "normalizer.pattern.String"),
        OfStage("normalizer", Growing("normalizers", 4), "normalizer.normalizers[3]", "10000 times as long"),
        OfStage("normalizer", $$"""{"type":"Prepend","prepend":"{{new string('x', 1024)}}"}""", "normalizer", "1025 times as long"),
        OfStage("decoder", Growing("decoders", 9), "decoder.decoders[3]", "10000 times as long"),
        OfStage("normalizer", """{"type":"Precompiled","precompiled_charsmap":"AAAA"}""", "normalizer.precompiled_charsmap"),
        OfStage("pre_tokenizer", """{"type":"UnicodeScripts"}""", "pre_tokenizer", "UnicodeScripts"),
        OfStage("pre_tokenizer", """{"type":"Split","pattern":{"Regex":"x+y+"},"behavior":"Isolated"}""", "pre_tokenizer.pattern.Regex", "x+y+"),
        OfStage("pre_tokenizer", """{"type":"Split","pattern":{"String":"x"},"behavior":"Sideways"}""", "pre_tokenizer.behavior", "Sideways"),
        OfStage("pre_tokenizer", """{"type":"Metaspace","replacement":"ab"}""", "pre_tokenizer.replacement"),
        OfStage("pre_tokenizer", """{"type":"FixedLength","length":0}""", "pre_tokenizer.length"),
        OfStage("decoder", """{"type":"Morse"}""", "decoder", "Morse"),
        OfStage("decoder", """{"type":"Strip","content":"","start":1,"stop":0}""", "decoder.content"),
        OfStage("post_processor", """{"type":"Stamp"}""", "post_processor", "Stamp"),
        OfStage("post_processor", """{"type":"TemplateProcessing","single":[],"special_tokens":{}}""", "post_processor.single"),
        OfStage("post_processor", """{"type":"BertProcessing","sep":["x",99],"cls":["y",0]}""", "post_processor.sep[1]"),
        OfStage("added_tokens", """[{"id":5,"content":"a"}]""", "added_tokens[0]"),
        OfStage("added_tokens", """[{"id":1,"content":"c"}]""", "added_tokens[0]"),
        OfStage("added_tokens", """[{"id":99999999,"content":"c"}]""", "vocab"),
        OfStage("added_tokens", """{"id":1}""", "added_tokens"),
    ];

    private static string Growing(string list, int stages) => $$"""
        {"type":"Sequence","{{list}}":[{{string.Join(',', Enumerable.Repeat("""{"type":"Replace","pattern":{"String":"a"},"content":"aaaaaaaaaa"}""", stages))}}]}
        """;

    [TestCaseSource(nameof(Damages))]
    public void Parse_NamesPathAndKeyOfDamage(string json, string? key, string? says)
    {
        var error = Assert.Throws<ModelFormatException>(() => Tokenizer.Parse(Encoding.UTF8.GetBytes(json), null, "t.json"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(error!.Path, Is.EqualTo("t.json"));
            Assert.That(error.Key, key is null ? Is.Null : Is.EqualTo(key));
            Assert.That(error.Message, Does.Contain(says ?? ""));
        }
    }

    [Test]
    public void Parse_DeepNestingIsRefused()
    {
        string nested = string.Concat(Enumerable.Repeat("""{"type":"Sequence","normalizers":[""", 2000))
            + string.Concat(Enumerable.Repeat("]}", 2000));
        Assert.That(
            () => Tokenizer.Parse(Encoding.UTF8.GetBytes(TestTokenizers.Json(Model, nested))), Throws.InstanceOf<ModelFormatException>());
    }

    [Test]
    public void Encode_MergesThatMakeTheirOwnInputEnd()
    {
        // The joined token of "a" and "" would be "a" again; text of it must still end.
        string model = """{"type":"BPE","vocab":{"a":0,"":1,"aa":2},"merges":[["a",""],["","a"],["a","a"]]}""";
        Assert.That(TestTokenizers.Parse(model).Encode("aaa"), Is.EqualTo(new[] { 2, 0 }));
    }

    [Test]
    public void Encode_AByteOrderMarkBeforeTheFileIsSkipped()
    {
        byte[] json = [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(TestTokenizers.Json(Model))];
        Assert.That(Tokenizer.Parse(json).Encode("ab"), Is.EqualTo(new[] { 0, 1 }));
    }

    private static TestCaseData Case(string json, string? key, string? says = null) => new(json, key, says);

    private static TestCaseData OfModel(string model, string key, string? says = null) => new(TestTokenizers.Json(model), key, says);

    private static TestCaseData OfStage(string name, string value, string key, string? says = null)
    {
        return new($$"""{"{{name}}":{{value}},"model":{{Model}}}""", key, says);
    }
}
