using System;
using System.IO;
using System.Linq;
using System.Text;
using NUnit.Framework;
using Winnow.Formats.Gguf;
using Winnow.Formats.Safetensors;
using Winnow.TestSupport;

namespace Winnow.Formats.Tests;

/// <summary>A real model in three files must hold the same weights.</summary>
public sealed class StoriesModelTests
{
    private const int Layers = 5;
    private static readonly (string Hf, string Gguf)[] LayerNames =
    [
        ("input_layernorm", "attn_norm"), ("post_attention_layernorm", "ffn_norm"), ("self_attn.q_proj", "attn_q"),
        ("self_attn.k_proj", "attn_k"), ("self_attn.v_proj", "attn_v"), ("self_attn.o_proj", "attn_output"),
        ("mlp.gate_proj", "ffn_gate"), ("mlp.up_proj", "ffn_up"), ("mlp.down_proj", "ffn_down"),
    ];

    [Test]
    public void Tensors_SafetensorsAndFloatGgufAreEqual()
    {
        using SafetensorsFile hf = SafetensorsFile.Open(Model("model.safetensors"));
        using GgufFile gguf = GgufFile.Open(Model("stories260K-f32.gguf"));
        Assert.That(gguf.Tensors, Has.Count.EqualTo((Layers * LayerNames.Length) + 2));
        foreach ((string hfName, string ggufName) in AllNames())
        {
            TensorInfo expected = hf.Get(hfName);
            TensorInfo actual = gguf.Get(ggufName);
            Assert.That(actual.Shape, Is.EqualTo(expected.Shape), ggufName);
            float[] values = ReadAll(gguf, actual);
            if (ggufName.Contains("attn_q.") || ggufName.Contains("attn_k."))
            {
                values = ToHalfSplit(values, heads: ggufName.Contains("attn_q.") ? 8 : 4, (int)actual.Shape[1]);
            }

            Assert.That(values, Is.EqualTo(ReadAll(hf, expected)), ggufName);
        }
    }

    [Test]
    public void Tensors_Q8GgufIsWithinHalfAStepOfFloatGguf()
    {
        using GgufFile exact = GgufFile.Open(Model("stories260K-f32.gguf"));
        using GgufFile quantized = GgufFile.Open(Model("stories260K-q8_0.gguf"));
        Assert.That(quantized.Get("blk.0.ffn_down.weight").Type, Is.EqualTo(TensorType.F32));
        Assert.That(quantized.Get("blk.0.attn_q.weight").Type, Is.EqualTo(TensorType.Q8_0));
        foreach (TensorInfo tensor in quantized.Tensors)
        {
            float[] expected = ReadAll(exact, exact.Get(tensor.Name));
            float[] actual = ReadAll(quantized, tensor);
            for (int i = 0; i < actual.Length; i += 32)
            {
                double largest = expected.Skip(i).Take(32).Max(v => Math.Abs((double)v));
                double allowed = tensor.Type == TensorType.F32 ? 0 : largest / 127 * 0.57;
                for (int j = i; j < Math.Min(i + 32, actual.Length); j++)
                {
                    Assert.That(Math.Abs((double)actual[j] - expected[j]), Is.LessThanOrEqualTo(allowed), $"{tensor.Name} {j}");
                }
            }
        }
    }

    [Test]
    public void Metadata_HoldsTheModelsShapeAndVocabulary()
    {
        using GgufFile gguf = GgufFile.Open(Model("stories260K-f32.gguf"));
        GgufMetadata metadata = gguf.Metadata;
        Assert.That(gguf.Version, Is.EqualTo(3));
        Assert.That(metadata.GetString("general.architecture"), Is.EqualTo("llama"));
        Assert.That(metadata.GetInt32("llama.embedding_length"), Is.EqualTo(64));
        Assert.That(metadata.GetInt32PerLayer("llama.attention.head_count_kv", Layers), Is.EqualTo(new[] { 4, 4, 4, 4, 4 }));
        Assert.That(metadata.GetDouble("llama.attention.layer_norm_rms_epsilon"), Is.EqualTo(1e-5).Within(1e-12));
        ReadOnlyMemory<byte>[] tokens = metadata.GetUtf8List("tokenizer.ggml.tokens");
        Assert.That(tokens, Has.Length.EqualTo(512));
        Assert.That(Encoding.UTF8.GetString(tokens[3].Span), Is.EqualTo("<0x00>"));
        Assert.That(metadata.GetSingleList("tokenizer.ggml.scores"), Has.Length.EqualTo(512));
    }

    private static string Model(string file) => Path.Combine(SharedFiles.Require("models/stories260K"), file);

    private static (string Hf, string Gguf)[] AllNames() =>
    [
        ("model.embed_tokens.weight", "token_embd.weight"),
        ("model.norm.weight", "output_norm.weight"),
        .. Enumerable.Range(0, Layers).SelectMany(l => LayerNames.Select(n => ($"model.layers.{l}.{n.Hf}.weight", $"blk.{l}.{n.Gguf}.weight"))),
    ];

    private static float[] ReadAll(TensorFile file, TensorInfo tensor)
    {
        var values = new float[tensor.Elements];
        file.ReadFloats(tensor, 0, values);
        return values;
    }

    // GGUF rotates neighbours (0,1),(2,3).. where the other form rotates (0,d/2),(1,d/2+1)..: row 2i+h of a head is row h*d/2+i there.
    private static float[] ToHalfSplit(float[] values, int heads, int columns)
    {
        var result = new float[values.Length];
        int headDim = values.Length / columns / heads;
        for (int row = 0; row < heads * headDim; row++)
        {
            int inHead = row % headDim;
            int target = row - inHead + (inHead % 2 * (headDim / 2)) + (inHead / 2);
            Array.Copy(values, row * columns, result, target * columns, columns);
        }

        return result;
    }
}
