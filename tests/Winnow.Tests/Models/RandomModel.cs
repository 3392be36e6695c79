using System;
using System.Collections.Generic;
using System.Globalization;

namespace Winnow.Tests.Models;

/// <summary>A small model with seeded random weights, by Hugging Face names, and its config.json. Values are kept as float.</summary>
internal sealed class RandomModel
{
    public const int Layers = 3;
    public const int Hidden = 32;
    public const int Heads = 4;
    public const int KvHeads = 2;
    public const int HeadDim = 16;
    public const int Ffn = 48;
    public const int Vocab = 40;
    public const int Window = 5;
    private readonly Random _random;

    public RandomModel(string modelType, string extraConfig = "", int seed = 1)
    {
        _random = new Random(seed);
        ModelType = modelType;
        Config = $$"""
            {"model_type": "{{modelType}}", "hidden_size": {{Hidden}}, "intermediate_size": {{Ffn}}, "num_hidden_layers": {{Layers}},
             "num_attention_heads": {{Heads}}, "num_key_value_heads": {{KvHeads}}, "head_dim": {{HeadDim}}, "vocab_size": {{Vocab}},
             "max_position_embeddings": 128, "rms_norm_eps": 1e-5{{extraConfig}}}
            """;
        bool gemma = modelType.StartsWith("gemma", StringComparison.Ordinal);
        Add("model.embed_tokens.weight", 1, Vocab, Hidden);
        Add("model.norm.weight", 0.1, Hidden);
        if (!gemma)
        {
            Add("lm_head.weight", 0.3, Vocab, Hidden);
        }

        for (int layer = 0; layer < Layers; layer++)
        {
            AddLayer($"model.layers.{layer.ToString(CultureInfo.InvariantCulture)}.", gemma);
        }
    }

    public string ModelType { get; }

    public string Config { get; }

    public Dictionary<string, (long[] Shape, float[] Values)> Tensors { get; } = [];

    public float[] Get(string name) => Tensors[name].Values;

    private void AddLayer(string layer, bool gemma)
    {
        if (ModelType == "phi3")
        {
            Add(layer + "self_attn.qkv_proj.weight", 0.3, (Heads + (2 * KvHeads)) * HeadDim, Hidden);
            Add(layer + "mlp.gate_up_proj.weight", 0.3, 2 * Ffn, Hidden);
        }
        else
        {
            Add(layer + "self_attn.q_proj.weight", 0.3, Heads * HeadDim, Hidden);
            Add(layer + "self_attn.k_proj.weight", 0.3, KvHeads * HeadDim, Hidden);
            Add(layer + "self_attn.v_proj.weight", 0.3, KvHeads * HeadDim, Hidden);
            Add(layer + "mlp.gate_proj.weight", 0.3, Ffn, Hidden);
            Add(layer + "mlp.up_proj.weight", 0.3, Ffn, Hidden);
        }

        if (ModelType == "qwen2")
        {
            Add(layer + "self_attn.q_proj.bias", 0.5, Heads * HeadDim);
            Add(layer + "self_attn.k_proj.bias", 0.5, KvHeads * HeadDim);
            Add(layer + "self_attn.v_proj.bias", 0.5, KvHeads * HeadDim);
        }

        if (ModelType is "qwen3" or "gemma3_text")
        {
            Add(layer + "self_attn.q_norm.weight", 0.1, HeadDim);
            Add(layer + "self_attn.k_norm.weight", 0.1, HeadDim);
        }

        Add(layer + "self_attn.o_proj.weight", 0.3, Hidden, Heads * HeadDim);
        Add(layer + "mlp.down_proj.weight", 0.3, Hidden, Ffn);
        Add(layer + "input_layernorm.weight", 0.1, Hidden);
        Add(layer + "post_attention_layernorm.weight", 0.1, Hidden);
        if (gemma)
        {
            Add(layer + "pre_feedforward_layernorm.weight", 0.1, Hidden);
            Add(layer + "post_feedforward_layernorm.weight", 0.1, Hidden);
        }
    }

    private void Add(string name, double scale, params long[] shape)
    {
        long count = 1;
        foreach (long dimension in shape)
        {
            count *= dimension;
        }

        // Norms lie around 1, or around 0 where the family adds the 1 itself.
        bool norm = name.Contains("norm", StringComparison.Ordinal);
        double middle = norm && !ModelType.StartsWith("gemma", StringComparison.Ordinal) ? 1 : 0;
        float[] values = new float[count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)(middle + (scale * ((_random.NextDouble() * 2) - 1)));
        }

        Tensors[name] = (shape, values);
    }
}
