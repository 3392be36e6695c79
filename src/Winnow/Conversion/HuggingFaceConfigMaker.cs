using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using Winnow.Formats;
using Winnow.Models;

namespace Winnow.Conversion;

/// <summary>Says in the keys of config.json what GGUF metadata say of a model.</summary>
internal sealed class HuggingFaceConfigMaker
{
    private readonly Utf8JsonWriter _json;
    private readonly ModelFiles _model;
    private readonly ModelConfig _config;

    private HuggingFaceConfigMaker(Utf8JsonWriter json, ModelFiles model) => (_json, _model, _config) = (json, model, model.Config);

    private bool IsGemma => _config.Family is ModelFamily.Gemma2 or ModelFamily.Gemma3;

    public static void Write(Utf8JsonWriter json, ModelFiles model, TensorType type)
    {
        HuggingFaceConfigMaker maker = new(json, model);
        maker.WriteNames(type);
        maker.WriteDimensions();
        maker.WriteRope();
        maker.WriteWindow();
        maker.WriteTokens();
    }

    private void WriteNames(TensorType type)
    {
        // GGUF calls Mistral "llama"; a window tells them apart where it matters.
        (string architecture, string modelType) = _config.Family switch
        {
            ModelFamily.Llama when _config.Window == 0 => ("LlamaForCausalLM", "llama"),
            ModelFamily.Llama or ModelFamily.Mistral => ("MistralForCausalLM", "mistral"),
            ModelFamily.Qwen2 => ("Qwen2ForCausalLM", "qwen2"),
            ModelFamily.Qwen3 => ("Qwen3ForCausalLM", "qwen3"),
            ModelFamily.Gemma2 => ("Gemma2ForCausalLM", "gemma2"),
            ModelFamily.Gemma3 => ("Gemma3ForCausalLM", "gemma3_text"),
            ModelFamily.Phi3 => ("Phi3ForCausalLM", "phi3"),
            _ => throw new UnsupportedModelException(_model.Path, $"config.json has no name for the family {_config.Family}."),
        };
        _json.WriteStartArray("architectures");
        _json.WriteStringValue(architecture);
        _json.WriteEndArray();
        _json.WriteString("model_type", modelType);
        _json.WriteString("torch_dtype", type switch
        {
            TensorType.F16 => "float16",
            TensorType.BF16 => "bfloat16",
            _ => "float32",
        });
    }

    private void WriteDimensions()
    {
        _json.WriteNumber("hidden_size", _config.Hidden);
        _json.WriteNumber("intermediate_size", _config.Ffn);
        _json.WriteNumber("num_hidden_layers", _config.Layers);
        _json.WriteNumber("num_attention_heads", _config.Heads);
        _json.WriteNumber("num_key_value_heads", _config.KvHeads);
        _json.WriteNumber("head_dim", _config.HeadDim);
        _json.WriteNumber("vocab_size", _config.Vocab);
        _json.WriteNumber("max_position_embeddings", _config.ContextTokens);
        _json.WriteNumber("rms_norm_eps", _config.RmsEpsilon);
        _json.WriteBoolean("tie_word_embeddings", _config.TiedEmbeddings);
        _json.WriteString(IsGemma ? "hidden_activation" : "hidden_act", IsGemma ? "gelu_pytorch_tanh" : "silu");
        if (IsGemma)
        {
            _json.WriteNumber("query_pre_attn_scalar", Math.Round(1 / ((double)_config.AttentionScale * _config.AttentionScale), 3));
            WriteCap("attn_logit_softcapping", _config.AttentionSoftCap);
            WriteCap("final_logit_softcapping", _config.LogitSoftCap);
        }
        else
        {
            _json.WriteBoolean("attention_bias", _config.Family == ModelFamily.Qwen2);
        }
    }

    private void WriteCap(string key, float cap)
    {
        if (cap > 0)
        {
            _json.WriteNumber(key, cap);
        }
        else
        {
            _json.WriteNull(key);
        }
    }

    private void WriteRope()
    {
        RopeConfig rope = _config.Rope;
        _json.WriteNumber("rope_theta", rope.Base);
        if (rope.RotaryDims != _config.HeadDim)
        {
            _json.WriteNumber("partial_rotary_factor", (double)rope.RotaryDims / _config.HeadDim);
        }

        if (_config.WindowRope is { } local)
        {
            _json.WriteNumber("rope_local_base_freq", local.Base);
        }

        if (rope.Scaling == RopeScaling.None)
        {
            return;
        }

        if (rope.Scaling == RopeScaling.LongRope)
        {
            _json.WriteNumber("original_max_position_embeddings", rope.OriginalContextTokens);
        }

        _json.WriteStartObject("rope_scaling");
        WriteScaling(rope);
        _json.WriteEndObject();
    }

    private void WriteScaling(RopeConfig rope)
    {
        switch (rope.Scaling)
        {
            case RopeScaling.Linear:
                _json.WriteString("rope_type", "linear");
                _json.WriteNumber("factor", rope.Factor);
                break;
            case RopeScaling.Yarn:
                _json.WriteString("rope_type", "yarn");
                _json.WriteNumber("factor", rope.Factor);
                _json.WriteNumber("original_max_position_embeddings", rope.OriginalContextTokens);
                _json.WriteNumber("beta_fast", rope.BetaFast);
                _json.WriteNumber("beta_slow", rope.BetaSlow);
                WriteAttentionFactor(rope);
                break;
            case RopeScaling.LongRope:
                _json.WriteString("rope_type", "longrope");
                WriteFactors("short_factor", rope.ShortFactors);
                WriteFactors("long_factor", rope.LongFactors);
                WriteAttentionFactor(rope);
                break;
            default:
                throw new UnsupportedModelException(
                    _model.Path, "it states its RoPE scaling by divisors only, which config.json cannot say; keep it as GGUF.");
        }
    }

    private void WriteAttentionFactor(RopeConfig rope)
    {
        if (rope.AttentionFactor is { } factor)
        {
            _json.WriteNumber("attention_factor", factor);
        }
    }

    private void WriteFactors(string key, IReadOnlyList<float> factors)
    {
        _json.WriteStartArray(key);
        foreach (float factor in factors)
        {
            _json.WriteNumberValue(factor);
        }

        _json.WriteEndArray();
    }

    private void WriteWindow()
    {
        if (_config.Window == 0)
        {
            return;
        }

        _json.WriteNumber("sliding_window", _config.Window);
        if (_config.Family is ModelFamily.Qwen2 or ModelFamily.Qwen3)
        {
            _json.WriteBoolean("use_sliding_window", true);
        }

        if (_config.WindowLayers.Count > 0)
        {
            _json.WriteStartArray("layer_types");
            foreach (bool windowed in _config.WindowLayers)
            {
                _json.WriteStringValue(windowed ? "sliding_attention" : "full_attention");
            }

            _json.WriteEndArray();
        }
    }

    private void WriteTokens()
    {
        if (_model.Tokenizer.BosId is { } bos)
        {
            _json.WriteNumber("bos_token_id", bos);
        }

        int[] ends = [.. _model.EndOfGenerationIds.Order()];
        if (ends.Length == 1)
        {
            _json.WriteNumber("eos_token_id", ends[0]);
        }
        else if (ends.Length > 1)
        {
            _json.WriteStartArray("eos_token_id");
            Array.ForEach(ends, _json.WriteNumberValue);
            _json.WriteEndArray();
        }
    }
}
