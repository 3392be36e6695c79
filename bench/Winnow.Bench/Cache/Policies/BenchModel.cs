using System.Text;
using Winnow.Formats;
using Winnow.Formats.Configuration;
using Winnow.Models;

namespace Winnow.Bench.Cache.Policies;

/// <summary>The model of the benchmarks: 4 layers of 512, 8 heads of 64 over 2 KV heads, a vocabulary of 32,000; F16, random.</summary>
internal static class BenchModel
{
    private const string Config =
        """
        {"model_type": "llama", "hidden_size": 512, "num_hidden_layers": 4, "num_attention_heads": 8, "num_key_value_heads": 2, "head_dim": 64,
         "intermediate_size": 1408, "vocab_size": 32000, "max_position_embeddings": 131072, "rms_norm_eps": 1e-5, "rope_theta": 500000.0,
         "hidden_act": "silu", "tie_word_embeddings": true}
        """;

    public static ModelFiles Open() => ModelFiles.Random(HuggingFaceConfig.Parse(Encoding.UTF8.GetBytes(Config), "bench"), TensorType.F16);
}
