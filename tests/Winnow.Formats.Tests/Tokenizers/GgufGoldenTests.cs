using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json;
using NUnit.Framework;
using Winnow.Formats.Gguf;
using Winnow.Formats.Tokenizers;
using Winnow.TestSupport;

namespace Winnow.Formats.Tests.Tokenizers;

/// <summary>The vocabulary inside a GGUF file gives the ids that the same model's tokenizer.json gives.</summary>
public sealed class GgufGoldenTests
{
    [Test]
    public void Encode_OfGgufVocabularyEqualsReferenceIds()
    {
        Tokenizer tokenizer = Load();
        using JsonDocument document = JsonDocument.Parse(
            File.ReadAllBytes(SharedFiles.Require("golden/tokenizers/stories260K.json")));
        foreach (JsonElement item in document.RootElement.GetProperty("cases").EnumerateArray())
        {
            string text = item.GetProperty("text").GetString()!;
            var expected = new List<int>();
            if (item.TryGetProperty("ids", out JsonElement ids))
            {
                foreach (JsonElement id in ids.EnumerateArray())
                {
                    expected.Add(id.GetInt32());
                }
            }

            int[] actual = tokenizer.Encode(text, addSpecial: false, parseSpecial: true);
            Assert.That(actual, Is.EqualTo(expected), text);
            if (!text.Contains("<s>", StringComparison.Ordinal))
            {
                Assert.That(tokenizer.Decode(actual), Is.EqualTo(text));
            }
        }
    }

    [Test]
    public void From_ReadsSpecialTokens()
    {
        Tokenizer tokenizer = Load();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((tokenizer.VocabularySize, tokenizer.BosId, tokenizer.EosId, tokenizer.AddsBos), Is.EqualTo((512, 1, 2, true)));
            Assert.That(tokenizer.EndOfGenerationIds, Is.EqualTo(new[] { 2 }));
            Assert.That(tokenizer.Encode("Once upon a time"), Is.EqualTo(new[] { 1, 403, 407, 261, 378 }));
            Assert.That(tokenizer.TokenBytes(261).ToArray(), Is.EqualTo(" a"u8.ToArray()));
            Assert.That(tokenizer.TokenBytes(13).ToArray(), Is.EqualTo("\n"u8.ToArray()));
            Assert.That(tokenizer.Encode("</s>", addSpecial: false), Does.Not.Contain(2), "special text stays text");
        }
    }

    private static Tokenizer Load()
    {
        using GgufFile file = GgufFile.Open(SharedFiles.Require("models/stories260K/stories260K-f32.gguf"));
        return Tokenizer.FromGguf(GgufVocabulary.From(file));
    }
}
