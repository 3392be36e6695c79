using System;
using System.Linq;
using Winnow.Formats;
using Winnow.Formats.Gguf;
using Winnow.Formats.Tokenizers;
using Winnow.Models;

namespace Winnow.Conversion;

/// <summary>Says in GGUF's keys what config.json and tokenizer.json say of a model.</summary>
internal sealed class GgufMetadataMaker
{
    public const string FileTypeKey = "general.file_type";

    private readonly GgufWriter _writer;
    private readonly ModelFiles _model;
    private readonly ModelConfig _config;
    private readonly string _architecture;

    private GgufMetadataMaker(GgufWriter writer, ModelFiles model)
    {
        (_writer, _model, _config) = (writer, model, model.Config);
        _architecture = _config.Family switch
        {
            ModelFamily.Llama or ModelFamily.Mistral => "llama",
            ModelFamily.Qwen2 => "qwen2",
            ModelFamily.Qwen3 => "qwen3",
            ModelFamily.Gemma2 => "gemma2",
            ModelFamily.Gemma3 => "gemma3",
            ModelFamily.Phi3 => "phi3",
            _ => throw new UnsupportedModelException(model.Path, $"GGUF has no name for the family {_config.Family}."),
        };
    }

    public static void AddTo(GgufWriter writer, ModelFiles model, TensorType? type)
    {
        GgufMetadataMaker maker = new(writer, model);
        maker.AddGeneral();
        AddFileType(writer, type);
        maker.AddDimensions();
        maker.AddAttention();
        maker.AddRope();
        maker.AddVocabulary(GgufVocabularyMaker.Make(model));
        if (model.ChatTemplate is { } template)
        {
            writer.Add("tokenizer.chat_template", GgufValue.Text(template.Source));
        }
    }

    /// <summary>The label of the file as a whole; the types that count stand with the tensors.</summary>
    public static void AddFileType(GgufWriter writer, TensorType? type)
    {
        uint? label = type switch
        {
            TensorType.F32 => 0,
            TensorType.F16 => 1,
            TensorType.Q4_0 => 2,
            TensorType.Q8_0 => 7,
            TensorType.BF16 => 32,
            _ => null,
        };
        if (label is { } number)
        {
            writer.Add(FileTypeKey, GgufValue.Number(number));
        }
    }

    private void AddGeneral()
    {
        _writer.Add("general.architecture", GgufValue.Text(_architecture));
        _writer.Add("general.name", GgufValue.Text(_model.Name));
        _writer.Add("general.quantization_version", GgufValue.Number(2u));
    }

    private void AddDimensions()
    {
        Add("vocab_size", _config.Vocab);
        Add("context_length", _config.ContextTokens);
        Add("embedding_length", _config.Hidden);
        Add("block_count", _config.Layers);
        Add("feed_forward_length", _config.Ffn);
        Add("attention.head_count", _config.Heads);
        Add("attention.head_count_kv", _config.KvHeads);
        Add("attention.key_length", _config.HeadDim);
        Add("attention.value_length", _config.HeadDim);
        Add("attention.layer_norm_rms_epsilon", _config.RmsEpsilon);
    }

    private void AddAttention()
    {
        if (Math.Abs(_config.AttentionScale - (1 / Math.Sqrt(_config.HeadDim))) > 1e-7)
        {
            Add("attention.scale", _config.AttentionScale);
        }

        if (_config.AttentionSoftCap > 0)
        {
            Add("attn_logit_softcapping", _config.AttentionSoftCap);
        }

        if (_config.LogitSoftCap > 0)
        {
            Add("final_logit_softcapping", _config.LogitSoftCap);
        }

        if (_config.Window > 0)
        {
            Add("attention.sliding_window", _config.Window);
            if (_config.WindowLayers.Count > 0)
            {
                _writer.Add($"{_architecture}.attention.sliding_window_pattern", GgufValue.Bools(_config.WindowLayers.ToArray()));
            }
        }
    }

    private void AddRope()
    {
        RopeConfig rope = _config.Rope;
        Add("rope.dimension_count", rope.RotaryDims);
        Add("rope.freq_base", (float)rope.Base);
        if (_config.WindowRope is { } local)
        {
            Add("rope.freq_base_swa", (float)local.Base);
        }

        switch (rope.Scaling)
        {
            case RopeScaling.None:
                break;
            case RopeScaling.Linear:
                AddScaling("linear", rope);
                break;
            case RopeScaling.Yarn:
                AddScaling("yarn", rope);
                Add("rope.scaling.yarn_beta_fast", (float)rope.BetaFast);
                Add("rope.scaling.yarn_beta_slow", (float)rope.BetaSlow);
                if (rope.AttentionFactor is { } factor && rope.Factor > 1)
                {
                    Add("rope.scaling.attn_factor", (float)(factor / ((0.1 * Math.Log(rope.Factor)) + 1)));
                }

                break;
            case RopeScaling.Llama3:
                AddDivisors("rope_freqs.weight", Llama3Divisors(rope));
                break;
            case RopeScaling.LongRope:
                Add("rope.scaling.original_context_length", rope.OriginalContextTokens);
                Add("rope.scaling.attn_factor", RopeFrequencies.Magnitude(rope, _config.ContextTokens));
                AddDivisors("rope_factors_short.weight", [.. rope.ShortFactors]);
                AddDivisors("rope_factors_long.weight", [.. rope.LongFactors]);
                break;
            default:
                throw new UnsupportedModelException(_model.Path, $"GGUF has no keys for the RoPE scaling {rope.Scaling}.");
        }
    }

    private void AddScaling(string kind, RopeConfig rope)
    {
        _writer.Add($"{_architecture}.rope.scaling.type", GgufValue.Text(kind));
        Add("rope.scaling.factor", (float)rope.Factor);
        if (rope.OriginalContextTokens > 0)
        {
            Add("rope.scaling.original_context_length", rope.OriginalContextTokens);
        }
    }

    /// <summary>GGUF states the scaling of Llama 3 by its result: what every frequency is divided by.</summary>
    private float[] Llama3Divisors(RopeConfig rope)
    {
        float[] plain = RopeFrequencies.Inverse(rope with { Scaling = RopeScaling.None }, _config.ContextTokens);
        float[] scaled = RopeFrequencies.Inverse(rope, _config.ContextTokens);
        return [.. plain.Zip(scaled, (before, after) => before / after)];
    }

    private void AddDivisors(string name, float[] divisors) => _writer.AddFloats(name, TensorType.F32, [divisors.Length], divisors);

    private void AddVocabulary(GgufVocabulary vocabulary)
    {
        const string Prefix = "tokenizer.ggml.";
        _writer.Add(Prefix + "model", GgufValue.Text(vocabulary.Model));
        if (vocabulary.Pre is { } pre)
        {
            _writer.Add(Prefix + "pre", GgufValue.Text(pre));
        }

        _writer.Add(Prefix + "tokens", GgufValue.Utf8Texts([.. vocabulary.Tokens.Select(token => (ReadOnlyMemory<byte>)token)]));
        _writer.Add(Prefix + "token_type", GgufValue.Numbers<int>(vocabulary.TokenTypes!.ToArray()));
        if (vocabulary.Scores is { } scores)
        {
            _writer.Add(Prefix + "scores", GgufValue.Numbers<float>(scores.ToArray()));
        }

        if (vocabulary.Merges is { } merges)
        {
            _writer.Add(Prefix + "merges", GgufValue.Texts(merges));
        }

        AddId(Prefix + "bos_token_id", vocabulary.BosId);
        AddId(Prefix + "eos_token_id", vocabulary.EosId);
        AddId(Prefix + "unknown_token_id", vocabulary.UnknownId);
        _writer.Add(Prefix + "add_bos_token", GgufValue.Bool(vocabulary.AddBos ?? false));
        _writer.Add(Prefix + "add_eos_token", GgufValue.Bool(vocabulary.AddEos ?? false));
        if (vocabulary.AddSpacePrefix is { } prefix)
        {
            _writer.Add(Prefix + "add_space_prefix", GgufValue.Bool(prefix));
        }
    }

    private void AddId(string key, int? id)
    {
        if (id is { } value)
        {
            _writer.Add(key, GgufValue.Number((uint)value));
        }
    }

    private void Add(string key, int value) => _writer.Add($"{_architecture}.{key}", GgufValue.Number((uint)value));

    private void Add(string key, float value) => _writer.Add($"{_architecture}.{key}", GgufValue.Number(value));
}
