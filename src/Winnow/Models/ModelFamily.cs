namespace Winnow.Models;

/// <summary>The families of decoders that Winnow runs.</summary>
public enum ModelFamily
{
    /// <summary>Llama 2 and 3.x, and what shares its shape.</summary>
    Llama,

    /// <summary>Mistral: Llama with a sliding window in some releases.</summary>
    Mistral,

    /// <summary>Qwen 2 and 2.5: biases on queries, keys and values.</summary>
    Qwen2,

    /// <summary>Qwen 3: queries and keys normalized per head.</summary>
    Qwen3,

    /// <summary>Gemma 2: four norms a layer, soft caps, every other layer with a window.</summary>
    Gemma2,

    /// <summary>Gemma 3 (text): Gemma 2 with normalized heads, no caps, five local layers to one global.</summary>
    Gemma3,

    /// <summary>Phi 3 and 4-mini: fused weights, longrope.</summary>
    Phi3,
}
