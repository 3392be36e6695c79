using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using NUnit.Framework;
using Winnow.Formats.Tokenizers;
using Winnow.TestSupport;

namespace Winnow.Formats.Tests.Tokenizers;

/// <summary>Small tokenizers built like real families, against ids and text that another implementation made.</summary>
public sealed class PipelineGoldenTests
{
    [TestCase("llama3")]
    [TestCase("o200")]
    [TestCase("deepseek")]
    [TestCase("neox")]
    [TestCase("starcoder")]
    [TestCase("xlmr")]
    [TestCase("t5")]
    [TestCase("bert")]
    [TestCase("gemma")]
    public void Encode_EqualsTheReferenceOfTheFamily(string family)
    {
        string path = Path.Combine(SharedFiles.RepositoryRoot, "tests/Winnow.Formats.Tests/Tokenizers/Golden/pipelines.json");
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        JsonElement entry = document.RootElement.GetProperty(family);
        Tokenizer tokenizer = Tokenizer.Parse(Encoding.UTF8.GetBytes(entry.GetProperty("tokenizer").GetRawText()));
        int count = 0;
        foreach (JsonElement item in entry.GetProperty("cases").EnumerateArray())
        {
            string text = item.GetProperty("text").GetString()!;
            int[] ids = [.. item.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
            Assert.That(tokenizer.Encode(text, addSpecial: true, parseSpecial: true), Is.EqualTo(ids), text);
            Assert.That(tokenizer.Decode(ids), Is.EqualTo(item.GetProperty("decoded").GetString()), text);
            count++;
        }

        Assert.That(count, Is.EqualTo(60));
    }

    [Test]
    public void Encode_BertTakesChineseOfAllPlanesApartAndDigitsAreAllNumbers()
    {
        string model = $$"""{"type":"WordLevel","unk_token":"?","vocab":{{TestTokenizers.Vocabulary("?", "a", "b", "\U00020BB7", "\u2460")}}}""";
        Tokenizer bert = TestTokenizers.Parse(model, """{"type":"BertNormalizer"}""", """{"type":"BertPreTokenizer"}""");
        Assert.That(bert.Encode("a\U00020BB7b"), Is.EqualTo(new[] { 1, 3, 2 }));
        Tokenizer digits = TestTokenizers.Parse(model, preTokenizer: """{"type":"Digits","individual_digits":true}""");
        Assert.That(digits.Encode("a\u2460b"), Is.EqualTo(new[] { 1, 4, 2 }));
    }
}
