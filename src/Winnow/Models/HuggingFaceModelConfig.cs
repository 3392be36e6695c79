using System;
using System.Collections.Generic;
using System.Linq;
using Winnow.Formats.Configuration;
using Winnow.Kernels.Linear;

namespace Winnow.Models;

/// <summary>Reads a <see cref="ModelConfig"/> from config.json; missing keys mean the defaults of the family's class.</summary>
internal sealed class HuggingFaceModelConfig
{
    private readonly HuggingFaceConfig _config;
    private readonly string _path;
    private readonly string _architecture;
    private readonly ModelFamily _family;
    private readonly int _layers;
    private readonly int _hidden;
    private readonly int _heads;
    private readonly int _headDim;

    private HuggingFaceModelConfig(HuggingFaceConfig config)
    {
        _path = config.Path;

        // Multimodal files keep the decoder in a section of its own.
        _config = config.GetSection("text_config") ?? config;
        _architecture = _config.GetString("model_type", config.GetString("model_type"));
        _family = FamilyOf(_path, _architecture);
        _layers = _config.GetInt32("num_hidden_layers");
        _hidden = _config.GetInt32("hidden_size");
        _heads = _config.GetInt32("num_attention_heads");
        _headDim = _config.GetInt32("head_dim", DefaultHeadDim());
    }

    /// <summary>Reads the configuration.</summary>
    /// <exception cref="UnsupportedModelException">The architecture is not one that Winnow runs.</exception>
    /// <exception cref="Winnow.Formats.ModelFormatException">A key is missing or makes no sense.</exception>
    public static ModelConfig Read(HuggingFaceConfig config) =>
        ModelConfigRules.Checked(new HuggingFaceModelConfig(config).Read(), config.Path);

    private static ModelFamily FamilyOf(string path, string architecture) => architecture switch
    {
        "llama" => ModelFamily.Llama,
        "mistral" => ModelFamily.Mistral,
        "qwen2" => ModelFamily.Qwen2,
        "qwen3" => ModelFamily.Qwen3,
        "gemma2" => ModelFamily.Gemma2,
        "gemma3_text" or "gemma3" => ModelFamily.Gemma3,
        "phi3" => ModelFamily.Phi3,
        _ => throw new UnsupportedModelException(
            path, $"its model_type '{architecture}' is not supported; Winnow runs llama, mistral, qwen2, qwen3, gemma2, gemma3 and phi3."),
    };

    private int DefaultHeadDim() => _family switch
    {
        ModelFamily.Gemma2 or ModelFamily.Gemma3 => 256,
        ModelFamily.Qwen3 => 128,
        _ => _hidden / Math.Max(1, _heads),
    };

    private ModelConfig Read()
    {
        bool gemma = _family is ModelFamily.Gemma2 or ModelFamily.Gemma3;
        bool gemma2 = _family == ModelFamily.Gemma2;
        int window = ReadWindow();
        var rope = new HuggingFaceRope(_config, _path, _headDim);
        return new ModelConfig
        {
            Family = _family,
            Architecture = _architecture,
            Layers = _layers,
            Hidden = _hidden,
            Heads = _heads,
            KvHeads = _config.GetInt32("num_key_value_heads", _heads),
            HeadDim = _headDim,
            Ffn = _config.GetInt32("intermediate_size"),
            Vocab = _config.GetInt32("vocab_size"),
            ContextTokens = _config.GetInt32("max_position_embeddings", gemma ? 8192 : 2048),
            RmsEpsilon = (float)_config.GetDouble("rms_norm_eps", _family is ModelFamily.Phi3 ? 1e-5 : 1e-6),
            Activation = ReadActivation(gemma),
            Rope = rope.Read("full_attention", DefaultBase()),
            WindowRope = _family == ModelFamily.Gemma3 ? rope.ReadLocal() : null,
            AttentionScale = (float)(1 / Math.Sqrt(gemma ? _config.GetDouble("query_pre_attn_scalar", 256) : _headDim)),
            AttentionSoftCap = (float)_config.GetDouble("attn_logit_softcapping", gemma2 ? 50 : 0),
            LogitSoftCap = (float)_config.GetDouble("final_logit_softcapping", gemma2 ? 30 : 0),
            Window = window,
            WindowLayers = window > 0 ? ReadWindowLayers() : [],
            EmbeddingScale = gemma ? EmbeddingScale() : 1,
            NormAddsOne = gemma,
            TiedEmbeddings = _config.GetBool("tie_word_embeddings", gemma),
            HasPostNorms = gemma,
            HasHeadNorms = _family is ModelFamily.Qwen3 or ModelFamily.Gemma3,
        };
    }

    private double DefaultBase() => _family == ModelFamily.Gemma3 ? 1_000_000 : 10_000;

    // The published weights multiply by a scale that was rounded to the type they are stored in.
    private float EmbeddingScale()
    {
        float scale = MathF.Sqrt(_hidden);
        return _config.GetString("torch_dtype", _config.GetString("dtype", "float32")) switch
        {
            "bfloat16" => (float)(BFloat16)scale,
            "float16" => (float)(Half)scale,
            _ => scale,
        };
    }

    private Activation ReadActivation(bool gemma)
    {
        string name = _config.GetString("hidden_activation", _config.GetString("hidden_act", gemma ? "gelu_pytorch_tanh" : "silu"));

        // Gemma files say "gelu" in one key where the code that made them used the tanh form.
        return name switch
        {
            "silu" => Activation.Silu,
            "gelu_pytorch_tanh" => Activation.GeluTanh,
            "gelu" when gemma => Activation.GeluTanh,
            _ => throw new UnsupportedModelException(_path, $"its activation '{name}' is not supported; silu and gelu_pytorch_tanh are."),
        };
    }

    private int ReadWindow()
    {
        bool qwen = _family is ModelFamily.Qwen2 or ModelFamily.Qwen3;
        if (qwen && !_config.GetBool("use_sliding_window", false))
        {
            return 0;
        }

        int byDefault = _family is ModelFamily.Gemma2 or ModelFamily.Gemma3 ? 4096 : 0;
        return _family == ModelFamily.Llama ? 0 : _config.GetInt32("sliding_window", byDefault);
    }

    private bool[] ReadWindowLayers()
    {
        if (_config.Has("layer_types"))
        {
            return [.. _config.GetStringList("layer_types").Select(type => type == "sliding_attention")];
        }

        IEnumerable<int> layers = Enumerable.Range(0, _layers);
        switch (_family)
        {
            case ModelFamily.Gemma2:
                return [.. layers.Select(layer => layer % 2 == 0)];
            case ModelFamily.Gemma3:
                int pattern = Math.Max(1, _config.GetInt32("sliding_window_pattern", 6));
                return [.. layers.Select(layer => (layer + 1) % pattern != 0)];
            case ModelFamily.Qwen2 or ModelFamily.Qwen3:
                int first = _config.GetInt32("max_window_layers", 28);
                return [.. layers.Select(layer => layer >= first)];
            default:
                return [];
        }
    }
}
