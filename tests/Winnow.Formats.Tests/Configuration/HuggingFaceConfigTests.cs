using System;
using System.IO;
using System.Linq;
using System.Text;
using NUnit.Framework;
using Winnow.Formats.Configuration;
using Winnow.TestSupport;

namespace Winnow.Formats.Tests.Configuration;

public sealed class HuggingFaceConfigTests
{
    private const string Sample = """
        {"model_type": "gemma3", "hidden_size": 64, "head_dim": null, "rms_norm_eps": 1e-05, "window": 4096.0, "tied": true,
         "eos_token_id": [1, 106], "bos_token_id": 2, "layer_types": ["sliding_attention", "full_attention"],
         "rope_scaling": {"rope_type": "longrope", "short_factor": [1, 1.5]}, "text_config": {"deep": {"rope_theta": 1000000}}}
        """;

    [Test]
    public void Getters_GiveValuesOfTheirType()
    {
        HuggingFaceConfig config = Parse(Sample);
        Assert.That(config.GetString("model_type"), Is.EqualTo("gemma3"));
        Assert.That(config.GetInt32("hidden_size"), Is.EqualTo(64));
        Assert.That(config.GetInt32("window"), Is.EqualTo(4096));
        Assert.That(config.GetDouble("rms_norm_eps"), Is.EqualTo(1e-5));
        Assert.That(config.GetDouble("hidden_size"), Is.EqualTo(64));
        Assert.That(config.GetBool("tied"), Is.True);
        Assert.That(config.GetInt32List("eos_token_id"), Is.EqualTo(new[] { 1, 106 }));
        Assert.That(config.GetInt32List("bos_token_id"), Is.EqualTo(new[] { 2 }));
        Assert.That(config.GetStringList("layer_types"), Has.Count.EqualTo(2));
        Assert.That(config.GetSection("rope_scaling")!.GetDoubleList("short_factor"), Is.EqualTo(new[] { 1, 1.5 }));
        Assert.That(config.GetSection("text_config")!.GetSection("deep")!.GetDouble("rope_theta"), Is.EqualTo(1e6));
        Assert.That(config.Keys, Has.Count.EqualTo(11));
    }

    [Test]
    public void Getters_MissingAndNullKeysGiveTheFallback()
    {
        HuggingFaceConfig config = Parse(Sample);
        Assert.That(config.Has("head_dim"), Is.False);
        Assert.That(config.GetInt32("head_dim", 8), Is.EqualTo(8));
        Assert.That(config.GetDouble("absent", 0.5), Is.EqualTo(0.5));
        Assert.That(config.GetBool("absent", true), Is.True);
        Assert.That(config.GetString("absent", "x"), Is.EqualTo("x"));
        Assert.That(config.GetInt32List("absent"), Is.Empty);
        Assert.That(config.GetSection("absent"), Is.Null);
        Assert.That(config.IsSection("rope_scaling"), Is.True);
        Assert.That(config.IsSection("hidden_size"), Is.False);
    }

    [Test]
    public void Getters_WrongTypesNameFileAndFullKey()
    {
        HuggingFaceConfig config = Parse("""
            {"a": "x", "b": 1.5, "c": 3000000000, "d": 1e999, "e": [1, "2"], "f": {"g": {"h": []}}, "i": 1}
            """);
        Action[] wrong =
        [
            () => config.GetInt32("a"), () => config.GetInt32("b"), () => config.GetInt32("c"), () => config.GetInt32("d"),
            () => config.GetDouble("d"), () => config.GetDouble("a"), () => config.GetBool("i"), () => config.GetString("i"),
            () => config.GetInt32List("e"), () => config.GetDoubleList("e"), () => config.GetStringList("e"), () => config.GetSection("a"),
            () => config.GetInt32("absent"), () => config.GetString("absent"), () => config.GetInt32("f", 1),
        ];
        foreach (Action getter in wrong)
        {
            Assert.That(() => getter(), Throws.TypeOf<ModelFormatException>().With.Property("Path").EqualTo("config.json"));
        }

        Assert.That(() => config.GetSection("f")!.GetSection("g")!.GetInt32("h"),
            Throws.TypeOf<ModelFormatException>().With.Property("Key").EqualTo("f.g.h"));
    }

    [TestCase("")]
    [TestCase("[1]")]
    [TestCase("{\"a\": 1")]
    [TestCase("{\"a\": 1} x")]
    [TestCase("{\"a\": 1, \"a\": 2}")]
    [TestCase("{\"x\": {\"a\": 1, \"\\u0061\": 2}}")]
    [TestCase("{\"a\": \"\\ud800\"}")]
    [TestCase("{\"a\": 1,}")]
    public void Parse_TextThatIsNotOneObjectThrows(string json) =>
        Assert.That(() => Parse(json), Throws.TypeOf<ModelFormatException>());

    [Test]
    public void Parse_SameKeyInDifferentObjectsIsAllowed()
    {
        HuggingFaceConfig config = Parse("""{"s": {"a": 1}, "a": 2, "t": [{"a": 3}, {"a": 4}]}""");
        Assert.That((config.GetInt32("a"), config.GetSection("s")!.GetInt32("a")), Is.EqualTo((2, 1)));
    }

    [Test]
    public void Parse_DeepNestingAndBadUtf8Throw()
    {
        string deep = "{\"a\": " + new string('[', 100_000);
        Assert.That(() => Parse(deep), Throws.TypeOf<ModelFormatException>());
        byte[] bad = [.. "{\"a\": \""u8, 0xC3, 0x28, .. "\"}"u8];
        Assert.That(() => HuggingFaceConfig.Parse(bad, "config.json"), Throws.TypeOf<ModelFormatException>());
        byte[] mark = [0xEF, 0xBB, 0xBF, .. "{\"a\": 1}"u8];
        Assert.That(HuggingFaceConfig.Parse(mark, "config.json").GetInt32("a"), Is.EqualTo(1));
    }

    [Test]
    public void Open_MissingDirectoryEmptyAndRealFile()
    {
        string folder = Directory.CreateTempSubdirectory("winnow-config").FullName;
        try
        {
            Assert.That(() => HuggingFaceConfig.Open(Path.Combine(folder, "no.json")),
                Throws.TypeOf<ModelFormatException>().With.Message.Contains("does not exist"));
            Assert.That(() => HuggingFaceConfig.Open(folder), Throws.TypeOf<ModelFormatException>().With.Message.Contains("directory"));
            string empty = Path.Combine(folder, "empty.json");
            File.WriteAllBytes(empty, []);
            Assert.That(() => HuggingFaceConfig.Open(empty), Throws.TypeOf<ModelFormatException>().With.Message.Contains("empty"));
            File.WriteAllText(Path.Combine(folder, "config.json"), Sample);
            if (!OperatingSystem.IsWindows())
            {
                // Download caches hold models as links; on Windows making one needs rights that a test does not have.
                string link = Path.Combine(folder, "link.json");
                File.CreateSymbolicLink(link, "config.json");
                Assert.That(HuggingFaceConfig.Open(link).GetInt32("hidden_size"), Is.EqualTo(64));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Test]
    public void Open_RealConfigurationGivesItsValues()
    {
        HuggingFaceConfig config = HuggingFaceConfig.Open(SharedFiles.Require("models/stories260K/config.json"));
        Assert.That(config.GetStringList("architectures").Single(), Is.EqualTo("LlamaForCausalLM"));
        Assert.That(config.GetInt32("num_key_value_heads"), Is.EqualTo(4));
    }

    private static HuggingFaceConfig Parse(string json) => HuggingFaceConfig.Parse(Encoding.UTF8.GetBytes(json), "config.json");
}
