using System;
using System.Linq;
using Winnow.Formats;
using Winnow.Formats.Gguf;
using Winnow.Kernels.Linear;
using Winnow.Kernels.Norm;

namespace Winnow.Models;

/// <summary>Reads a <see cref="ModelConfig"/> from GGUF metadata and, for RoPE factors, from GGUF tensors.</summary>
internal sealed class GgufModelConfig
{
    private const int Gemma3Pattern = 6;
    private const int Gemma2Pattern = 2;

    // The 27B releases scale by the width of a head in the hidden row, and their files do not say so.
    private const int Gemma2LargeLayers = 46;
    private const int Gemma3LargeLayers = 62;

    private readonly GgufFile _file;
    private readonly string _architecture;
    private readonly ModelFamily _family;
    private readonly int _layers;
    private readonly int _hidden;
    private readonly int _heads;
    private readonly int _headDim;

    private GgufModelConfig(GgufFile file)
    {
        _file = file;
        _architecture = file.Metadata.GetString("general.architecture");
        _family = FamilyOf(file.Path, _architecture);
        if (Int("expert_count", 0) > 0)
        {
            throw new UnsupportedModelException(file.Path, "it is a mixture of experts, which Winnow does not run; use a dense model.");
        }

        _layers = ModelConfigRules.CheckedLayers(Int("block_count"), file.Path);
        _hidden = Int("embedding_length");
        _heads = PerLayer("attention.head_count", null);
        _headDim = Int("attention.key_length", _hidden / Math.Max(1, _heads));
    }

    /// <summary>Reads the configuration.</summary>
    /// <exception cref="UnsupportedModelException">The architecture is not one that Winnow runs.</exception>
    /// <exception cref="ModelFormatException">A key is missing or makes no sense.</exception>
    public static ModelConfig Read(GgufFile file) => ModelConfigRules.Checked(new GgufModelConfig(file).Read(), file.Path);

    private static ModelFamily FamilyOf(string path, string architecture) => architecture switch
    {
        "llama" => ModelFamily.Llama,
        "qwen2" => ModelFamily.Qwen2,
        "qwen3" => ModelFamily.Qwen3,
        "gemma2" => ModelFamily.Gemma2,
        "gemma3" => ModelFamily.Gemma3,
        "phi3" => ModelFamily.Phi3,
        _ => throw new UnsupportedModelException(
            path, $"its architecture '{architecture}' is not supported; Winnow runs llama (also Mistral), qwen2, qwen3, gemma2, gemma3 and phi3."),
    };

    private ModelConfig Read()
    {
        bool gemma = _family is ModelFamily.Gemma2 or ModelFamily.Gemma3;
        int window = Int("attention.sliding_window", 0);
        RopeConfig rope = ReadRope();
        return new ModelConfig
        {
            Family = _family,
            Architecture = _architecture,
            Layers = _layers,
            Hidden = _hidden,
            Heads = _heads,
            KvHeads = PerLayer("attention.head_count_kv", _heads),
            HeadDim = _headDim,
            Ffn = PerLayer("feed_forward_length", null),
            Vocab = (int)_file.Get("token_embd.weight").Shape[0],
            ContextTokens = Int("context_length"),
            RmsEpsilon = (float)Number("attention.layer_norm_rms_epsilon", 1e-5),
            Activation = gemma ? Activation.GeluTanh : Activation.Silu,
            RopeLayout = _family == ModelFamily.Llama ? RopeLayout.Interleaved : RopeLayout.HalfSplit,
            Rope = rope,
            WindowRope = _family == ModelFamily.Gemma3
                ? new RopeConfig { RotaryDims = rope.RotaryDims, Base = Number("rope.freq_base_swa", 10_000) }
                : null,
            AttentionScale = ReadScale(),
            AttentionSoftCap = (float)Number("attn_logit_softcapping", _family == ModelFamily.Gemma2 ? 50 : 0),
            LogitSoftCap = (float)Number("final_logit_softcapping", _family == ModelFamily.Gemma2 ? 30 : 0),
            Window = window,
            WindowLayers = window > 0 ? ReadWindowLayers() : [],
            EmbeddingScale = gemma ? MathF.Sqrt(_hidden) : 1,
            TiedEmbeddings = !_file.TryGet("output.weight", out _),
            HasPostNorms = gemma,
            HasHeadNorms = _family is ModelFamily.Qwen3 or ModelFamily.Gemma3,
        };
    }

    private float ReadScale()
    {
        bool large = (_family == ModelFamily.Gemma2 && _layers == Gemma2LargeLayers)
            || (_family == ModelFamily.Gemma3 && _layers == Gemma3LargeLayers);
        double width = large ? (double)_hidden / _heads : _headDim;
        return (float)Number("attention.scale", 1 / Math.Sqrt(width));
    }

    private bool[] ReadWindowLayers()
    {
        const string Key = "attention.sliding_window_pattern";
        if (_file.Metadata.TryGet(Name(Key), out GgufValue? value) && value.IsArray)
        {
            return _file.Metadata.GetBoolList(Name(Key));
        }

        int pattern = _family switch { ModelFamily.Gemma2 => Gemma2Pattern, ModelFamily.Gemma3 => Gemma3Pattern, _ => 0 };
        pattern = Int(Key, pattern);
        return pattern <= 1 ? [] : [.. Enumerable.Range(0, _layers).Select(layer => layer % pattern != pattern - 1)];
    }

    private RopeConfig ReadRope()
    {
        string kind = Text("rope.scaling.type", "none");
        double legacy = Number("rope.scale_linear", 1);
        var rope = new RopeConfig
        {
            RotaryDims = Int("rope.dimension_count", _headDim),
            Base = Number("rope.freq_base", 10_000),
            Factor = Number("rope.scaling.factor", legacy),
            OriginalContextTokens = Int("rope.scaling.original_context_length", Int("context_length")),
            BetaFast = Number("rope.scaling.yarn_beta_fast", 32),
            BetaSlow = Number("rope.scaling.yarn_beta_slow", 1),
        };
        if (_file.TryGet("rope_factors_long.weight", out TensorInfo? longFactors))
        {
            return rope with
            {
                Scaling = RopeScaling.LongRope,
                LongFactors = Floats(longFactors),
                ShortFactors = Floats(_file.Get("rope_factors_short.weight")),
                AttentionFactor = _file.Metadata.Has(Name("rope.scaling.attn_factor")) ? Number("rope.scaling.attn_factor", 1) : null,
            };
        }

        if (_file.TryGet("rope_freqs.weight", out TensorInfo? divisors))
        {
            return rope with { Scaling = RopeScaling.Divisors, LongFactors = Floats(divisors) };
        }

        return kind switch
        {
            "none" when legacy == 1 => rope,
            "none" or "linear" => rope with { Scaling = RopeScaling.Linear },
            "yarn" => rope with { Scaling = RopeScaling.Yarn, AttentionFactor = YarnFactor(rope.Factor) },
            _ => throw new UnsupportedModelException(_file.Path, $"its RoPE scaling '{kind}' is not supported."),
        };
    }

    private double? YarnFactor(double factor) =>
        factor <= 1 ? null : ((0.1 * Math.Log(factor)) + 1) * Number("rope.scaling.attn_factor", 1);

    private float[] Floats(TensorInfo tensor)
    {
        if (tensor.Elements > _headDim)
        {
            throw new ModelFormatException(
                $"has {tensor.Elements} values for heads of {_headDim}; convert the model again.", _file.Path, tensor.Offset, tensor.Name);
        }

        float[] values = new float[tensor.Elements];
        _file.ReadFloats(tensor, 0, values);
        return values;
    }

    private string Name(string key) => $"{_architecture}.{key}";

    private int Int(string key, int? fallback = null) => _file.Metadata.GetInt32(Name(key), fallback);

    private double Number(string key, double fallback) => _file.Metadata.GetDouble(Name(key), fallback);

    private string Text(string key, string fallback) => _file.Metadata.GetString(Name(key), fallback);

    private int PerLayer(string key, int? fallback)
    {
        int[] values = _file.Metadata.GetInt32PerLayer(Name(key), _layers, fallback);
        if (values.Length == 0 || values.Any(value => value != values[0]))
        {
            throw new UnsupportedModelException(_file.Path, $"its '{Name(key)}' differs from layer to layer, which Winnow does not run.");
        }

        return values[0];
    }
}
