using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Winnow.Formats.Configuration;

namespace Winnow.Models;

/// <summary>
/// The published configurations of models that people compare speeds with, by name: the keys of their config.json that say what is computed. With
/// random weights they are timed without a download.
/// </summary>
public static class ModelShapes
{
    private static readonly Dictionary<string, string> Configs = new(StringComparer.OrdinalIgnoreCase)
    {
        ["llama-3.2-1b"] = Llama3(2048, 16, 32, 8, 64, 8192, factor: 32, tied: true),
        ["llama-3.2-3b"] = Llama3(3072, 28, 24, 8, 128, 8192, factor: 32, tied: true),
        ["llama-3.1-8b"] = Llama3(4096, 32, 32, 8, 128, 14336, factor: 8, tied: false),
        ["llama-3.1-70b"] = Llama3(8192, 80, 64, 8, 128, 28672, factor: 8, tied: false),
        ["mistral-7b"] = Plain("mistral", 4096, 32, 32, 8, 128, 14336, 32768, 32768, 1e6, 1e-5, tied: false),
        ["qwen2.5-0.5b"] = Plain("qwen2", 896, 24, 14, 2, 64, 4864, 151936, 32768, 1e6, 1e-6, tied: true),
        ["qwen2.5-7b"] = Plain("qwen2", 3584, 28, 28, 4, 128, 18944, 152064, 32768, 1e6, 1e-6, tied: false),
        ["qwen3-0.6b"] = Plain("qwen3", 1024, 28, 16, 8, 128, 3072, 151936, 40960, 1e6, 1e-6, tied: true),
        ["qwen3-8b"] = Plain("qwen3", 4096, 36, 32, 8, 128, 12288, 151936, 40960, 1e6, 1e-6, tied: false),
        ["phi-3-mini"] = Plain("phi3", 3072, 32, 32, 32, 96, 8192, 32064, 4096, 1e4, 1e-5, tied: false),
        ["gemma-2-2b"] = Gemma2(2304, 26, 8, 4, 9216),
        ["gemma-2-9b"] = Gemma2(3584, 42, 16, 8, 14336),
    };

    /// <summary>The names, sorted.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Configs.Keys.Order(StringComparer.Ordinal)];

    /// <summary>The configuration of a name.</summary>
    /// <param name="name">One of <see cref="Names"/>, upper or lower case.</param>
    /// <exception cref="ArgumentException">There is no such shape; the message lists those that there are.</exception>
    public static HuggingFaceConfig Get(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Configs.TryGetValue(name, out string? json)
            ? HuggingFaceConfig.Parse(Encoding.UTF8.GetBytes(json), name)
            : throw new ArgumentException($"There is no shape '{name}'; there are {string.Join(", ", Names)}. A path to a config.json does as well.", nameof(name));
    }

    private static string Llama3(int hidden, int layers, int heads, int kvHeads, int headDim, int ffn, int factor, bool tied) => FormattableString.Invariant(
        $$"""
        {"model_type": "llama", "hidden_size": {{hidden}}, "num_hidden_layers": {{layers}}, "num_attention_heads": {{heads}}, "num_key_value_heads": {{kvHeads}},
         "head_dim": {{headDim}}, "intermediate_size": {{ffn}}, "vocab_size": 128256, "max_position_embeddings": 131072, "rms_norm_eps": 1e-5,
         "rope_theta": 500000.0, "rope_scaling": {"rope_type": "llama3", "factor": {{factor}}, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
         "original_max_position_embeddings": 8192}, "hidden_act": "silu", "tie_word_embeddings": {{(tied ? "true" : "false")}}}
        """);

    private static string Plain(
        string type, int hidden, int layers, int heads, int kvHeads, int headDim, int ffn, int vocab, int context, double theta, double epsilon, bool tied) =>
        FormattableString.Invariant(
        $$"""
        {"model_type": "{{type}}", "hidden_size": {{hidden}}, "num_hidden_layers": {{layers}}, "num_attention_heads": {{heads}}, "num_key_value_heads": {{kvHeads}},
         "head_dim": {{headDim}}, "intermediate_size": {{ffn}}, "vocab_size": {{vocab}}, "max_position_embeddings": {{context}}, "rms_norm_eps": {{epsilon}},
         "rope_theta": {{theta}}, "hidden_act": "silu", "tie_word_embeddings": {{(tied ? "true" : "false")}}}
        """);

    private static string Gemma2(int hidden, int layers, int heads, int kvHeads, int ffn) => FormattableString.Invariant(
        $$"""
        {"model_type": "gemma2", "hidden_size": {{hidden}}, "num_hidden_layers": {{layers}}, "num_attention_heads": {{heads}}, "num_key_value_heads": {{kvHeads}},
         "head_dim": 256, "intermediate_size": {{ffn}}, "vocab_size": 256000, "max_position_embeddings": 8192, "rms_norm_eps": 1e-6, "rope_theta": 10000.0,
         "query_pre_attn_scalar": 256, "attn_logit_softcapping": 50.0, "final_logit_softcapping": 30.0, "sliding_window": 4096,
         "hidden_activation": "gelu_pytorch_tanh", "tie_word_embeddings": true}
        """);
}
