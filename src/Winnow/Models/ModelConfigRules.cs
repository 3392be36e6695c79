using System.Collections.Generic;
using Winnow.Formats;

namespace Winnow.Models;

/// <summary>What must hold between the numbers of a configuration, whichever file they came from.</summary>
internal static class ModelConfigRules
{
    // Far above any published model, and low enough that products of two of them cannot overflow.
    private const int MaxLayers = 1_024;
    private const int MaxWidth = 1 << 20;
    private const int MaxHeadDim = 1_024;
    private const int MaxContextTokens = 1 << 27;

    /// <summary>Returns the number of layers, or says that it makes no sense: to be asked before anything is made for each of them.</summary>
    /// <exception cref="ModelFormatException">It is out of its range.</exception>
    public static int CheckedLayers(int layers, string path)
    {
        RequireRange("layers", layers, MaxLayers, path);
        return layers;
    }

    /// <summary>Returns the configuration, or says which rule it breaks.</summary>
    /// <exception cref="ModelFormatException">A number is out of its range or contradicts another one.</exception>
    public static ModelConfig Checked(ModelConfig config, string path)
    {
        foreach ((string what, long value, long most) in Ranges(config))
        {
            RequireRange(what, value, most, path);
        }

        Require(config.Heads % config.KvHeads == 0, $"{config.Heads} query heads cannot share {config.KvHeads} KV heads evenly", path);
        Require(config.WindowLayers.Count is 0 || config.WindowLayers.Count == config.Layers, "the window pattern does not name every layer", path);
        Require(config.Window >= 0, "the attention window is negative", path);
        Require(float.IsFinite(config.RmsEpsilon) && config.RmsEpsilon >= 0, "the norm's epsilon is not a small positive number", path);
        Require(float.IsFinite(config.AttentionScale) && config.AttentionScale > 0, "the attention scale is not a positive number", path);
        CheckRope(config.Rope, config.HeadDim, path);
        if (config.WindowRope is not null)
        {
            CheckRope(config.WindowRope, config.HeadDim, path);
        }

        return config;
    }

    private static void RequireRange(string what, long value, long most, string path)
    {
        if (value < 1 || value > most)
        {
            throw new ModelFormatException($"the configuration has {value} {what}; 1 to {most} make sense.", path, key: what);
        }
    }

    private static (string What, long Value, long Most)[] Ranges(ModelConfig config) =>
    [
        ("layers", config.Layers, MaxLayers),
        ("hidden values", config.Hidden, MaxWidth),
        ("query heads", config.Heads, MaxWidth),
        ("KV heads", config.KvHeads, config.Heads),
        ("values in a head", config.HeadDim, MaxHeadDim),
        ("feed-forward values", config.Ffn, 16 * MaxWidth),
        ("vocabulary entries", config.Vocab, 16 * MaxWidth),
        ("context tokens", config.ContextTokens, MaxContextTokens),
    ];

    private static void CheckRope(RopeConfig rope, int headDim, string path)
    {
        Require(
            rope.RotaryDims >= 2 && rope.RotaryDims <= headDim && rope.RotaryDims % 2 == 0,
            $"{rope.RotaryDims} rotating dimensions do not fit heads of {headDim}",
            path);
        Require(double.IsFinite(rope.Base) && rope.Base > 1, "the RoPE base is not above 1", path);
        Require(double.IsFinite(rope.Factor) && rope.Factor > 0, "the RoPE factor is not positive", path);
        bool trained = rope.Scaling is RopeScaling.Llama3 or RopeScaling.Yarn or RopeScaling.LongRope;
        Require(!trained || rope.OriginalContextTokens > 1, "the RoPE scaling names no original context", path);
        CheckFactors(rope.ShortFactors, rope.RotaryDims / 2, rope.Scaling == RopeScaling.LongRope, path);
        CheckFactors(rope.LongFactors, rope.RotaryDims / 2, rope.Scaling is RopeScaling.LongRope or RopeScaling.Divisors, path);
    }

    private static void CheckFactors(IReadOnlyList<float> factors, int expected, bool used, string path)
    {
        Require(!used || factors.Count == expected, $"RoPE has {factors.Count} factors for {expected} frequencies", path);
        foreach (float factor in factors)
        {
            Require(float.IsFinite(factor) && factor > 0, "a RoPE factor is not positive", path);
        }
    }

    private static void Require(bool holds, string problem, string path)
    {
        if (!holds)
        {
            throw new ModelFormatException($"{problem}; the configuration contradicts itself. Get the model again.", path);
        }
    }
}
