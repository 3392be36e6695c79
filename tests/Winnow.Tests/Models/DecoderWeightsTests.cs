using System;
using System.Linq;
using NUnit.Framework;
using Winnow.Formats;
using Winnow.Formats.Configuration;
using Winnow.Kernels;
using Winnow.Models;

namespace Winnow.Tests.Models;

internal sealed class DecoderWeightsTests
{
    private const int Hidden = 64;
    private const int Vocab = 56;

    [TestCase(Vocab)]
    [TestCase(41)]
    public void Load_OfATiedTableInTheOrderOfProductsFindsItsRows(int vocabulary)
    {
        ModelConfig config = Config("llama", tied: true);
        using var file = RandomTensorFile.Create("random", RandomWeights.For(config, TensorType.Q4_0));
        using var device = new CpuDevice(2);
        using DecoderWeights weights = DecoderWeights.Load(file, config, vocabulary, device, null, default);
        TensorInfo table = file.Tensors.Single(tensor => tensor.Shape.SequenceEqual([Vocab, Hidden]));
        float[] expected = new float[Vocab * Hidden];
        file.ReadFloats(table, 0, expected);
        int[] ids = [.. Enumerable.Range(0, vocabulary)];
        Tensor tokens = device.AllocateTensor(DType.I32, new Shape(vocabulary));
        device.Upload<int>(tokens, ids);
        Tensor rows = device.AllocateTensor(DType.F32, new Shape(vocabulary, Hidden));

        device.Norm.Embed(rows, weights.Embedding, tokens, 1);

        float[] actual = new float[vocabulary * Hidden];
        device.Download<float>(rows, actual);
        Assert.That(weights.Output.Type, Is.EqualTo(DType.Q4_0x16));
        Assert.That(weights.Output.Shape, Is.EqualTo(new Shape(vocabulary, Hidden)));
        Assert.That(actual, Is.EqualTo(expected[..actual.Length]));
        tokens.Release();
        rows.Release();
    }

    [TestCase("llama", false)]
    [TestCase("phi3", false)]
    public void Load_ArrangesWhatProductsReadAndNothingElse(string family, bool tied)
    {
        ModelConfig config = Config(family, tied);
        using var file = RandomTensorFile.Create("random", RandomWeights.For(config, TensorType.Q8_0));
        using var device = new CpuDevice(1);
        using DecoderWeights weights = DecoderWeights.Load(file, config, Vocab, device, null, default);

        LayerWeights layer = weights.Layers[0];
        Assert.That(weights.Embedding.Type, Is.EqualTo(DType.Q8_0));
        Assert.That(
            new[] { weights.Output, layer.Query, layer.Key, layer.Value, layer.Output, layer.Gate, layer.Up, layer.Down }.Select(tensor => tensor.Type),
            Is.All.EqualTo(DType.Q8_0x16));
    }

    private static ModelConfig Config(string family, bool tied) => HuggingFaceModelConfig.Read(HuggingFaceConfig.Parse(
        System.Text.Encoding.UTF8.GetBytes($$"""
        {"model_type": "{{family}}", "hidden_size": {{Hidden}}, "num_hidden_layers": 1, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16,
         "intermediate_size": 96, "vocab_size": {{Vocab}}, "max_position_embeddings": 128, "rms_norm_eps": 1e-5, "hidden_act": "silu",
         "tie_word_embeddings": {{(tied ? "true" : "false")}}}
        """),
        "test"));
}
