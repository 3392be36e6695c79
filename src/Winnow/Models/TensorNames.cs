using System;
using Winnow.Formats;
using Winnow.Formats.Gguf;

namespace Winnow.Models;

/// <summary>What a kind of file calls the tensors of a decoder. In layer names, {0} is the layer.</summary>
internal sealed record TensorNames
{
    public required string Embedding { get; init; }

    public required string OutputNorm { get; init; }

    public required string Output { get; init; }

    public required string AttentionNorm { get; init; }

    public required string Query { get; init; }

    public required string Key { get; init; }

    public required string Value { get; init; }

    public required string FusedQkv { get; init; }

    public required string QueryNorm { get; init; }

    public required string KeyNorm { get; init; }

    public required string AttentionOutput { get; init; }

    public required string AttentionPostNorm { get; init; }

    public required string FfnNorm { get; init; }

    public required string Gate { get; init; }

    public required string Up { get; init; }

    public required string FusedGateUp { get; init; }

    public required string Down { get; init; }

    public required string FfnPostNorm { get; init; }

    /// <summary>GGUF: the same names for every family.</summary>
    public static TensorNames Gguf { get; } = new()
    {
        Embedding = "token_embd",
        OutputNorm = "output_norm",
        Output = "output",
        AttentionNorm = "blk.{0}.attn_norm",
        Query = "blk.{0}.attn_q",
        Key = "blk.{0}.attn_k",
        Value = "blk.{0}.attn_v",
        FusedQkv = "blk.{0}.attn_qkv",
        QueryNorm = "blk.{0}.attn_q_norm",
        KeyNorm = "blk.{0}.attn_k_norm",
        AttentionOutput = "blk.{0}.attn_output",
        AttentionPostNorm = "blk.{0}.post_attention_norm",
        FfnNorm = "blk.{0}.ffn_norm",
        Gate = "blk.{0}.ffn_gate",
        Up = "blk.{0}.ffn_up",

        // The converter leaves Phi's gate-over-up matrix under the name of "up".
        FusedGateUp = "blk.{0}.ffn_up",
        Down = "blk.{0}.ffn_down",
        FfnPostNorm = "blk.{0}.post_ffw_norm",
    };

    /// <summary>Hugging Face files: the norm before the feed-forward layer changes its name where there is one after attention too.</summary>
    /// <param name="prefix">What stands before "layers": "model." in text models.</param>
    /// <param name="output">The name of the output matrix.</param>
    /// <param name="postNorms">Whether the family normalizes each block's output.</param>
    public static TensorNames HuggingFace(string prefix, string output, bool postNorms)
    {
        string layer = prefix + "layers.{0}.";
        return new TensorNames
        {
            Embedding = prefix + "embed_tokens",
            OutputNorm = prefix + "norm",
            Output = output,
            AttentionNorm = layer + "input_layernorm",
            Query = layer + "self_attn.q_proj",
            Key = layer + "self_attn.k_proj",
            Value = layer + "self_attn.v_proj",
            FusedQkv = layer + "self_attn.qkv_proj",
            QueryNorm = layer + "self_attn.q_norm",
            KeyNorm = layer + "self_attn.k_norm",
            AttentionOutput = layer + "self_attn.o_proj",
            AttentionPostNorm = layer + "post_attention_layernorm",
            FfnNorm = layer + (postNorms ? "pre_feedforward_layernorm" : "post_attention_layernorm"),
            Gate = layer + "mlp.gate_proj",
            Up = layer + "mlp.up_proj",
            FusedGateUp = layer + "mlp.gate_up_proj",
            Down = layer + "mlp.down_proj",
            FfnPostNorm = layer + "post_feedforward_layernorm",
        };
    }

    /// <summary>The names that a file uses, told by what it holds.</summary>
    /// <param name="file">The file.</param>
    /// <param name="config">The model in it.</param>
    public static TensorNames For(TensorFile file, ModelConfig config)
    {
        if (file is GgufFile)
        {
            return Gguf;
        }

        foreach ((string prefix, string output) in (ReadOnlySpan<(string, string)>)
            [("model.", "lm_head"), ("language_model.model.", "language_model.lm_head"), ("model.language_model.", "lm_head")])
        {
            if (file.TryGet(prefix + "embed_tokens.weight", out _))
            {
                return HuggingFace(prefix, output, config.HasPostNorms);
            }
        }

        return HuggingFace("model.", "lm_head", config.HasPostNorms);
    }
}
