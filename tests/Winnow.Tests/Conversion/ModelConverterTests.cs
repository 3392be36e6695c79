using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using NUnit.Framework;
using Winnow.Conversion;
using Winnow.Formats;
using Winnow.Formats.Safetensors;
using Winnow.Models;
using Winnow.Tests.Models;

namespace Winnow.Tests.Conversion;

/// <summary>Every family there and back: the same logits from safetensors, from the GGUF file and from the folder made of that.</summary>
public sealed class ModelConverterTests
{
    private static readonly int[] Tokens = [.. Enumerable.Range(0, 21).Select(i => (i * 11 + 3) % RandomModel.Vocab)];
    private string _folder = null!;

    public static IEnumerable<TestCaseData> Families()
    {
        string window = $", \"sliding_window\": {RandomModel.Window}";

        // The order of rotated rows changes the order in which scores are summed, so GGUF differs by rounding; the way back is exact.
        yield return new TestCaseData("llama", "", 1e-5f, 0f).SetArgDisplayNames("llama");
        yield return new TestCaseData("llama", ", \"rope_scaling\": {\"rope_type\": \"linear\", \"factor\": 2.0}", 1e-5f, 0f).SetArgDisplayNames("llama, linear");
        yield return new TestCaseData("llama", """
            , "rope_scaling": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32}
            """, 1e-5f, 0f).SetArgDisplayNames("llama, yarn");
        yield return new TestCaseData("mistral", window, 1e-5f, 0f).SetArgDisplayNames("mistral");
        yield return new TestCaseData("qwen2", window + ", \"use_sliding_window\": true, \"max_window_layers\": 2", 0f, 0f).SetArgDisplayNames("qwen2");
        yield return new TestCaseData("qwen3", ", \"rope_theta\": 1000000.0", 0f, 0f).SetArgDisplayNames("qwen3");

        // 1 + w and the scale are rounded to float on the way.
        yield return new TestCaseData("gemma2", window + """
            , "query_pre_attn_scalar": 24, "attn_logit_softcapping": 3.0, "final_logit_softcapping": 5.0
            """, 1e-5f, 2e-5f).SetArgDisplayNames("gemma2");
        yield return new TestCaseData("gemma3_text", window + """
            , "rope_theta": 1000000.0, "rope_local_base_freq": 10000.0, "sliding_window_pattern": 3, "query_pre_attn_scalar": 16
            """, 1e-5f, 2e-5f).SetArgDisplayNames("gemma3");
        yield return new TestCaseData("phi3", """
            , "partial_rotary_factor": 0.75, "original_max_position_embeddings": 32, "sliding_window": null,
              "rope_scaling": {"rope_type": "longrope", "short_factor": [1, 1, 1, 1, 1, 1], "long_factor": [1, 1.5, 2, 3, 4.5, 8]}
            """, 1e-5f, 2e-5f).SetArgDisplayNames("phi3");
    }

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("winnow-test-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [TestCaseSource(nameof(Families))]
    public void Convert_ThereAndBackKeepsTheLogits(string modelType, string extraConfig, float there, float andBack)
    {
        string original = WriteFolder(new RandomModel(modelType, extraConfig));
        string gguf = Path.Combine(_folder, "there.gguf");
        string folder = Path.Combine(_folder, "back");
        float[][] expected = Logits(original);

        Convert(original, gguf);
        Convert(gguf, folder);

        AssertSame(Logits(gguf), expected, there, "GGUF");
        AssertSame(Logits(folder), expected, andBack, "safetensors again");
    }

    [Test]
    public void Convert_WritesTheScalingOfLlama3AsDivisorsAndRefusesTheWayBack()
    {
        string original = WriteFolder(new RandomModel("llama", """
            , "rope_theta": 500000.0, "rope_scaling": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
              "original_max_position_embeddings": 64}
            """));
        string there = Path.Combine(_folder, "there.gguf");

        Convert(original, there);

        AssertSame(Logits(there), Logits(original), 1e-5f, "GGUF");
        Assert.That(() => Convert(there, Path.Combine(_folder, "back")), Throws.TypeOf<UnsupportedModelException>());
        Assert.That(Directory.Exists(Path.Combine(_folder, "back")), Is.False, "nothing is left of what failed");
    }

    private static void Convert(string source, string destination)
    {
        using ModelFiles model = ModelFiles.Open(source);
        ModelConverter.Convert(model, destination);
    }

    private static float[][] Logits(string path)
    {
        using ModelFiles model = ModelFiles.Open(path);
        using TestDecoder decoder = new(model.Tensors, model.Config);
        return decoder.Feed(decoder.Cache.CreateSequence(), Tokens);
    }

    private static void AssertSame(float[][] actual, float[][] expected, float tolerance, string what)
    {
        for (int t = 0; t < expected.Length; t++)
        {
            Assert.That(actual[t], Is.EqualTo(expected[t]).Within(tolerance), $"{what}, token {t}");
        }
    }

    private string WriteFolder(RandomModel model)
    {
        string folder = Path.Combine(_folder, "original");
        Directory.CreateDirectory(folder);
        SafetensorsWriter writer = new();
        foreach ((string name, (long[] shape, float[] values)) in model.Tensors)
        {
            writer.AddFloats(name, TensorType.F32, shape, values);
        }

        writer.Write(Path.Combine(folder, "model.safetensors"));
        File.WriteAllText(Path.Combine(folder, "config.json"), model.Config);
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), Tokenizer());
        return folder;
    }

    /// <summary>A byte-level vocabulary as small as the random models': letters, digits and a few marks.</summary>
    private static string Tokenizer()
    {
        IEnumerable<string> tokens = "abcdefghijklmnopqrstuvwxyz0123456789.,\u0120".Select(letter => letter.ToString()).Append("th");
        var byteLevel = new { type = "ByteLevel", add_prefix_space = false, trim_offsets = true, use_regex = true };
        return JsonSerializer.Serialize(new
        {
            version = "1.0",
            added_tokens = Array.Empty<object>(),
            pre_tokenizer = byteLevel,
            decoder = byteLevel,
            model = new
            {
                type = "BPE",
                vocab = tokens.Select((token, id) => (token, id)).ToDictionary(pair => pair.token, pair => pair.id),
                merges = new[] { "t h" },
            },
        });
    }
}
