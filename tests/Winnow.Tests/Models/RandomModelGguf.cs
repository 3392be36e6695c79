using System;
using System.Linq;
using Winnow.Formats;
using Winnow.Formats.Gguf;

namespace Winnow.Tests.Models;

/// <summary>Writes a <see cref="RandomModel"/> the way the published converter does: other names, permuted rows for llama, norms with their 1.</summary>
internal static class RandomModelGguf
{
    public static void Write(RandomModel model, string architecture, string path)
    {
        var writer = new GgufWriter();
        writer.Add("general.architecture", GgufValue.Text(architecture));
        foreach ((string key, uint value) in new[]
        {
            ("context_length", 128u), ("embedding_length", (uint)RandomModel.Hidden), ("block_count", (uint)RandomModel.Layers),
            ("feed_forward_length", (uint)RandomModel.Ffn), ("attention.head_count", (uint)RandomModel.Heads),
            ("attention.head_count_kv", (uint)RandomModel.KvHeads), ("attention.key_length", (uint)RandomModel.HeadDim),
            ("rope.dimension_count", (uint)RandomModel.HeadDim),
        })
        {
            writer.Add($"{architecture}.{key}", GgufValue.Number(value));
        }

        writer.Add($"{architecture}.attention.layer_norm_rms_epsilon", GgufValue.Number(1e-5f));
        foreach ((string name, (long[] shape, float[] values)) in model.Tensors)
        {
            writer.AddFloats(Rename(name, architecture), TensorType.F32, shape, Change(name, architecture, values));
        }

        writer.Write(path);
    }

    private static string Rename(string name, string architecture)
    {
        (string From, string To)[] parts =
        [
            ("model.embed_tokens", "token_embd"), ("model.norm", "output_norm"), ("lm_head", "output"), ("model.layers.", "blk."),
            ("self_attn.qkv_proj", "attn_qkv"), ("self_attn.q_proj", "attn_q"), ("self_attn.k_proj", "attn_k"), ("self_attn.v_proj", "attn_v"),
            ("self_attn.q_norm", "attn_q_norm"), ("self_attn.k_norm", "attn_k_norm"), ("self_attn.o_proj", "attn_output"),
            ("mlp.gate_up_proj", "ffn_up"), ("mlp.gate_proj", "ffn_gate"), ("mlp.up_proj", "ffn_up"), ("mlp.down_proj", "ffn_down"),
            ("input_layernorm", "attn_norm"), ("pre_feedforward_layernorm", "ffn_norm"), ("post_feedforward_layernorm", "post_ffw_norm"),
            ("post_attention_layernorm", architecture.StartsWith("gemma", StringComparison.Ordinal) ? "post_attention_norm" : "ffn_norm"),
        ];
        return parts.Aggregate(name, (text, part) => text.Replace(part.From, part.To, StringComparison.Ordinal));
    }

    private static float[] Change(string name, string architecture, float[] values)
    {
        if (architecture.StartsWith("gemma", StringComparison.Ordinal) && name.Contains("norm", StringComparison.Ordinal))
        {
            return [.. values.Select(value => value + 1)];
        }

        bool permuted = architecture == "llama"
            && (name.Contains("q_proj", StringComparison.Ordinal) || name.Contains("k_proj", StringComparison.Ordinal));
        return permuted ? Interleave(values) : values;
    }

    // Row r of the first half of a head and row r of its second half become rows 2r and 2r + 1.
    private static float[] Interleave(float[] values)
    {
        const int Half = RandomModel.HeadDim / 2;
        float[] result = new float[values.Length];
        int rows = values.Length / RandomModel.Hidden;
        for (int row = 0; row < rows; row++)
        {
            int head = row / RandomModel.HeadDim, within = row % RandomModel.HeadDim;
            int target = (head * RandomModel.HeadDim) + (within % Half * 2) + (within / Half);
            Array.Copy(values, row * RandomModel.Hidden, result, target * RandomModel.Hidden, RandomModel.Hidden);
        }

        return result;
    }
}
