using System;
using System.IO;
using System.Linq;
using System.Text;
using NUnit.Framework;
using Winnow.Cache;
using Winnow.Formats;
using Winnow.Formats.Configuration;
using Winnow.Formats.Gguf;
using Winnow.Formats.Safetensors;
using Winnow.Models;

namespace Winnow.Tests.Models;

/// <summary>Every family, from its config.json and its tensor names, against a naive double-precision forward pass.</summary>
public sealed class FamilyTests
{
    private const int D = RandomModel.HeadDim;
    private static readonly int[] Tokens = [.. Enumerable.Range(0, 21).Select(i => (i * 11 + 3) % RandomModel.Vocab)];
    private string _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("winnow-test-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Llama_EqualsTheReference() => Check(new RandomModel("llama"), model => new ReferenceDecoder(model, Plain(10_000)));

    [Test]
    public void Llama3_EqualsTheReference() => Check(
        new RandomModel("llama", """
            , "rope_theta": 500000.0, "rope_scaling": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
              "original_max_position_embeddings": 64}
            """),
        model => new ReferenceDecoder(model, (j, _) =>
        {
            double plain = Math.Pow(500_000, -2.0 * j / D);
            double rotations = 64 * plain / (2 * Math.PI);
            double share = Math.Clamp((rotations - 1) / 3, 0, 1);
            return (share * plain) + ((1 - share) * plain / 8);
        }));

    [Test]
    public void Mistral_WithAWindowEqualsTheReference() => Check(
        new RandomModel("mistral", $", \"rope_theta\": 1000000.0, \"sliding_window\": {RandomModel.Window}"),
        model => new ReferenceDecoder(model, Plain(1e6)) { IsWindowed = _ => true });

    [Test]
    public void Qwen2_IgnoresAWindowThatIsSwitchedOff() => Check(
        new RandomModel("qwen2", $", \"rope_theta\": 1000000.0, \"sliding_window\": {RandomModel.Window}, \"use_sliding_window\": false"),
        model => new ReferenceDecoder(model, Plain(1e6)));

    [Test]
    public void Qwen2_WindowsLayersFromTheNamedOneOn() => Check(
        new RandomModel("qwen2", $", \"sliding_window\": {RandomModel.Window}, \"use_sliding_window\": true, \"max_window_layers\": 2"),
        model => new ReferenceDecoder(model, Plain(10_000)) { IsWindowed = layer => layer >= 2 });

    [Test]
    public void Qwen3_EqualsTheReference() => Check(
        new RandomModel("qwen3", ", \"rope_parameters\": {\"rope_type\": \"default\", \"rope_theta\": 1000000.0}"),
        model => new ReferenceDecoder(model, Plain(1e6)));

    [Test]
    public void Gemma2_EqualsTheReference() => Check(
        new RandomModel("gemma2", $$"""
            , "hidden_activation": "gelu_pytorch_tanh", "sliding_window": {{RandomModel.Window}}, "query_pre_attn_scalar": 24,
              "attn_logit_softcapping": 3.0, "final_logit_softcapping": 5.0, "torch_dtype": "bfloat16"
            """),
        model => new ReferenceDecoder(model, Plain(10_000))
        {
            // sqrt(32) in the eight bits of a bfloat16.
            EmbeddingScale = 5.65625,
            AttentionScale = 1 / Math.Sqrt(24),
            AttentionCap = 3,
            LogitCap = 5,
            IsWindowed = layer => layer % 2 == 0,
        });

    [Test]
    public void Gemma3_EqualsTheReference() => Check(
        new RandomModel("gemma3_text", $$"""
            , "rope_theta": 1000000.0, "rope_local_base_freq": 10000.0, "rope_scaling": {"rope_type": "linear", "factor": 8.0},
              "sliding_window": {{RandomModel.Window}}, "sliding_window_pattern": 3, "query_pre_attn_scalar": 16
            """),
        model => new ReferenceDecoder(model, (j, windowed) => windowed ? Plain(10_000)(j, true) : Plain(1e6)(j, false) / 8)
        {
            EmbeddingScale = Math.Sqrt(RandomModel.Hidden),
            IsWindowed = layer => layer % 3 != 2,
        });

    [Test]
    public void Phi3_WithLongRopeAndPartialRotationEqualsTheReference()
    {
        const int Rotary = 12;
        double[] divisors = [1.0, 1.5, 2.0, 3.0, 4.5, 8.0];
        string list = string.Join(", ", divisors.Select(d => d.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        Check(
            new RandomModel("phi3", $$"""
                , "partial_rotary_factor": 0.75, "original_max_position_embeddings": 32, "sliding_window": null,
                  "rope_scaling": {"type": "longrope", "short_factor": [1, 1, 1, 1, 1, 1], "long_factor": [{{list}}]}
                """),
            model => new ReferenceDecoder(
                model,
                (j, _) => Math.Pow(10_000, -2.0 * j / Rotary) / divisors[j],
                Math.Sqrt(1 + (Math.Log(128.0 / 32) / Math.Log(32))))
            {
                RotaryDims = Rotary,
            });
    }

    [TestCase("llama", "llama")]
    [TestCase("qwen3", "qwen3")]
    [TestCase("gemma2", "gemma2")]
    [TestCase("phi3", "phi3")]
    public void Gguf_GivesTheLogitsOfTheSafetensors(string modelType, string architecture)
    {
        var model = new RandomModel(modelType, modelType == "gemma2" ? ", \"query_pre_attn_scalar\": 16" : "");
        float[][] expected = RunSafetensors(model);
        string path = Path.Combine(_folder, "model.gguf");
        RandomModelGguf.Write(model, architecture, path);
        using var file = GgufFile.Open(path);
        using var decoder = new TestDecoder(file, GgufModelConfig.Read(file));
        float[][] logits = decoder.Feed(decoder.Cache.CreateSequence(), Tokens);
        for (int t = 0; t < Tokens.Length; t++)
        {
            Assert.That(logits[t], Is.EqualTo(expected[t]).Within(1e-5f), $"token {t}");
        }
    }

    [Test]
    public void Load_NamesTheTensorThatIsMissingOrMisshapen()
    {
        var model = new RandomModel("llama");
        model.Tensors.Remove("model.layers.1.mlp.up_proj.weight");
        Assert.That(() => RunSafetensors(model), Throws.TypeOf<ModelFormatException>().With.Message.Contains("model.layers.1.mlp.up_proj.weight"));
        var narrow = new RandomModel("llama");
        narrow.Tensors["model.norm.weight"] = ([31], new float[31]);
        Assert.That(() => RunSafetensors(narrow), Throws.TypeOf<ModelFormatException>().With.Message.Contains("[31]").And.Message.Contains("[32]"));
    }

    [TestCase("bloom", "model_type 'bloom' is not supported")]
    [TestCase("mixtral", "model_type 'mixtral' is not supported")]
    public void Read_NamesTheArchitectureItDoesNotRun(string modelType, string message)
    {
        var config = HuggingFaceConfig.Parse(Encoding.UTF8.GetBytes($"{{\"model_type\": \"{modelType}\"}}"), "config.json");
        Assert.That(() => HuggingFaceModelConfig.Read(config), Throws.TypeOf<UnsupportedModelException>().With.Message.Contains(message));
    }

    [TestCase(", \"num_key_value_heads\": 3")]
    [TestCase(", \"head_dim\": 0")]
    [TestCase(", \"head_dim\": 15")]
    [TestCase(", \"num_hidden_layers\": -1")]
    [TestCase(", \"num_hidden_layers\": 2000000000")]
    [TestCase(", \"rope_theta\": -1")]
    [TestCase(", \"rope_scaling\": {\"type\": \"longrope\", \"short_factor\": [1], \"long_factor\": [1]}")]
    public void Read_RefusesNumbersThatContradictThemselves(string change)
    {
        string key = change[3..change.IndexOf('"', 3)];
        string config = string.Join(",", new RandomModel("llama").Config.Trim().TrimEnd('}').Split(',').Where(part => !part.Contains($"\"{key}\"", StringComparison.Ordinal)));
        var json = HuggingFaceConfig.Parse(Encoding.UTF8.GetBytes(config + change + "}"), "config.json");
        Assert.That(() => HuggingFaceModelConfig.Read(json), Throws.TypeOf<ModelFormatException>());
    }

    [TestCase(0u)]
    [TestCase(2_000_000_000u)]
    public void Read_OfAGgufFileWithAbsurdLayersRefusesBeforeAnythingIsMadeForThem(uint layers)
    {
        string path = Path.Combine(_folder, "model.gguf");
        var writer = new GgufWriter();
        writer.Add("general.architecture", GgufValue.Text("llama"));
        writer.Add("llama.block_count", GgufValue.Number(layers));
        writer.Add("llama.embedding_length", GgufValue.Number(64u));
        writer.Add("llama.attention.head_count", GgufValue.Number(4u));
        writer.Write(path);
        using var file = GgufFile.Open(path);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.That(() => GgufModelConfig.Read(file), Throws.TypeOf<ModelFormatException>().With.Message.Contains($"the configuration has {layers} layers"));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1 << 20));
    }

    private static Func<int, bool, double> Plain(double theta) => (j, _) => Math.Pow(theta, -2.0 * j / D);

    private void Check(RandomModel model, Func<RandomModel, ReferenceDecoder> reference)
    {
        double[][] expected = reference(model).Run(Tokens);
        float[][] logits = RunSafetensors(model);
        double largest = expected.Max(row => row.Max(Math.Abs));
        for (int t = 0; t < Tokens.Length; t++)
        {
            for (int v = 0; v < RandomModel.Vocab; v++)
            {
                Assert.That(logits[t][v], Is.EqualTo(expected[t][v]).Within(2e-5 * largest), $"token {t}, logit {v}");
            }
        }
    }

    private float[][] RunSafetensors(RandomModel model)
    {
        string path = Path.Combine(_folder, "model.safetensors");
        var writer = new SafetensorsWriter();
        foreach ((string name, (long[] shape, float[] values)) in model.Tensors)
        {
            writer.AddFloats(name, TensorType.F32, shape, values);
        }

        writer.Write(path);
        using var file = SafetensorsFile.Open(path);
        ModelConfig config = HuggingFaceModelConfig.Read(HuggingFaceConfig.Parse(Encoding.UTF8.GetBytes(model.Config), "config.json"));
        using var decoder = new TestDecoder(file, config);
        KvSequence sequence = decoder.Cache.CreateSequence();
        float[][] first = decoder.Feed(sequence, Tokens.AsSpan(0, 13));
        return [.. first, .. decoder.Feed(sequence, Tokens.AsSpan(13))];
    }
}
