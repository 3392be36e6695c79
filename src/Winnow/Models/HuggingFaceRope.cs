using System;
using System.Linq;
using Winnow.Formats.Configuration;

namespace Winnow.Models;

/// <summary>The RoPE keys of config.json in their three spellings: rope_scaling, rope_parameters, rope_parameters per layer type.</summary>
internal sealed class HuggingFaceRope(HuggingFaceConfig config, string path, int headDim)
{
    /// <summary>The rotary embedding of one layer type.</summary>
    /// <param name="layerType">The name under which newer files keep it.</param>
    /// <param name="defaultBase">The base where none is written.</param>
    public RopeConfig Read(string layerType, double defaultBase)
    {
        HuggingFaceConfig? parameters = config.GetSection("rope_parameters");
        HuggingFaceConfig? section = parameters?.GetSection(layerType) ?? parameters ?? config.GetSection("rope_scaling");
        double topBase = config.GetDouble("rope_theta", defaultBase);
        double share = config.GetDouble("partial_rotary_factor", section?.GetDouble("partial_rotary_factor", 1) ?? 1);
        var rope = new RopeConfig
        {
            RotaryDims = (int)(headDim * share),
            Base = section?.GetDouble("rope_theta", topBase) ?? topBase,
        };
        string kind = section is null ? "default" : section.GetString("rope_type", section.GetString("type", "default"));
        return kind switch
        {
            "default" => rope,
            "linear" => rope with { Scaling = RopeScaling.Linear, Factor = section!.GetDouble("factor") },
            "llama3" => Llama3(rope, section!),
            "yarn" when !section!.Has("long_factor") => Yarn(rope, section),
            "longrope" or "su" or "yarn" => LongRope(rope, section!),
            _ => throw new UnsupportedModelException(
                path, $"its RoPE scaling '{kind}' is not supported; default, linear, llama3, yarn and longrope are."),
        };
    }

    /// <summary>The rotary embedding of Gemma 3's local layers: a base of its own, never stretched.</summary>
    public RopeConfig ReadLocal()
    {
        double local = config.GetDouble("rope_local_base_freq", 10_000);
        bool nested = config.GetSection("rope_parameters")?.GetSection("sliding_attention") is not null;
        return nested ? Read("sliding_attention", local) : new RopeConfig { RotaryDims = headDim, Base = local };
    }

    private static RopeConfig Llama3(RopeConfig rope, HuggingFaceConfig section) => rope with
    {
        Scaling = RopeScaling.Llama3,
        Factor = section.GetDouble("factor"),
        LowFrequencyFactor = section.GetDouble("low_freq_factor", 1),
        HighFrequencyFactor = section.GetDouble("high_freq_factor", 4),
        OriginalContextTokens = section.GetInt32("original_max_position_embeddings"),
    };

    private RopeConfig Yarn(RopeConfig rope, HuggingFaceConfig section)
    {
        double factor = section.GetDouble("factor");
        return rope with
        {
            Scaling = RopeScaling.Yarn,
            Factor = factor,
            OriginalContextTokens = section.GetInt32("original_max_position_embeddings", config.GetInt32("max_position_embeddings", 0)),
            BetaFast = section.GetDouble("beta_fast", 32),
            BetaSlow = section.GetDouble("beta_slow", 1),
            TruncateRamp = section.GetBool("truncate", true),
            AttentionFactor = section.Has("attention_factor") ? section.GetDouble("attention_factor") : MagnitudeRatio(section, factor),
        };
    }

    // Files with both "mscale" keys mean the ratio of the two magnitudes.
    private static double? MagnitudeRatio(HuggingFaceConfig section, double factor)
    {
        double mscale = section.GetDouble("mscale", 0);
        double all = section.GetDouble("mscale_all_dim", 0);
        double Magnitude(double scale) => factor <= 1 ? 1 : (0.1 * scale * Math.Log(factor)) + 1;
        return mscale != 0 && all != 0 ? Magnitude(mscale) / Magnitude(all) : null;
    }

    private RopeConfig LongRope(RopeConfig rope, HuggingFaceConfig section)
    {
        int trained = section.GetInt32(
            "original_max_position_embeddings",
            config.GetInt32("original_max_position_embeddings", config.GetInt32("max_position_embeddings", 0)));
        return rope with
        {
            Scaling = RopeScaling.LongRope,
            OriginalContextTokens = trained,
            ShortFactors = [.. section.GetDoubleList("short_factor").Select(factor => (float)factor)],
            LongFactors = [.. section.GetDoubleList("long_factor").Select(factor => (float)factor)],
            AttentionFactor = section.Has("attention_factor") ? section.GetDouble("attention_factor") : null,
        };
    }
}
