using System;
using System.Collections.Generic;
using Winnow.Kernels.Linear;
using Winnow.Kernels.Norm;

namespace Winnow.Models;

/// <summary>
/// Everything in which the supported decoders differ, as data: the forward pass is one straight line that reads these fields.
/// Dimension names follow the design: hidden D, heads H, kvHeads G, headDim d, ffn F, vocab V.
/// </summary>
public sealed record ModelConfig
{
    /// <summary>The family, which decides tensor names.</summary>
    public required ModelFamily Family { get; init; }

    /// <summary>What the file calls the architecture.</summary>
    public required string Architecture { get; init; }

    /// <summary>Decoder layers.</summary>
    public required int Layers { get; init; }

    /// <summary>D: values in a token's hidden row.</summary>
    public required int Hidden { get; init; }

    /// <summary>H: query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>G: key and value heads; divides <see cref="Heads"/>.</summary>
    public required int KvHeads { get; init; }

    /// <summary>d: values in a head.</summary>
    public required int HeadDim { get; init; }

    /// <summary>F: values in the feed-forward layer.</summary>
    public required int Ffn { get; init; }

    /// <summary>V: rows of the embedding table; may exceed the tokenizer's vocabulary.</summary>
    public required int Vocab { get; init; }

    /// <summary>The longest sequence the model was made for, tokens.</summary>
    public required int ContextTokens { get; init; }

    /// <summary>Added to the mean square in norms.</summary>
    public float RmsEpsilon { get; init; } = 1e-5f;

    /// <summary>The function on the gate of the feed-forward layer.</summary>
    public Activation Activation { get; init; } = Activation.Silu;

    /// <summary>Which elements of a head rotate together, in this file's row order.</summary>
    public RopeLayout RopeLayout { get; init; } = RopeLayout.HalfSplit;

    /// <summary>The rotary embedding of layers with full attention.</summary>
    public required RopeConfig Rope { get; init; }

    /// <summary>The rotary embedding of layers with a window, where it differs.</summary>
    public RopeConfig? WindowRope { get; init; }

    /// <summary>The factor of attention scores.</summary>
    public required float AttentionScale { get; init; }

    /// <summary>cap * tanh(score / cap) on attention scores; 0 means none.</summary>
    public float AttentionSoftCap { get; init; }

    /// <summary>The same on logits; 0 means none.</summary>
    public float LogitSoftCap { get; init; }

    /// <summary>The attention window in tokens of the layers that have one; 0 means none has.</summary>
    public int Window { get; init; }

    /// <summary>Which layers have the window; empty means all, where <see cref="Window"/> is set.</summary>
    public IReadOnlyList<bool> WindowLayers { get; init; } = Array.Empty<bool>();

    /// <summary>What embedding rows are multiplied by.</summary>
    public float EmbeddingScale { get; init; } = 1;

    /// <summary>True where the file holds norm weights w of a norm that multiplies by 1 + w.</summary>
    public bool NormAddsOne { get; init; }

    /// <summary>True where the output matrix is the embedding table and the file need not hold it twice.</summary>
    public bool TiedEmbeddings { get; init; }

    /// <summary>True where each block's output is normalized before it is added.</summary>
    public bool HasPostNorms { get; init; }

    /// <summary>True where queries and keys are normalized per head before they rotate.</summary>
    public bool HasHeadNorms { get; init; }

    /// <summary>The window of a layer, 0 for full attention.</summary>
    /// <param name="layer">The layer.</param>
    public int WindowOf(int layer) => Window > 0 && (WindowLayers.Count == 0 || WindowLayers[layer]) ? Window : 0;
}
