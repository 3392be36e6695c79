namespace Winnow.Kernels.Attention;

/// <summary>What one attention call computes beyond its tensors; <c>default</c> plus layer and scale is plain causal attention.</summary>
public readonly record struct AttentionArguments
{
    /// <summary>The layer whose pages are read.</summary>
    public required int Layer { get; init; }

    /// <summary>The factor of the scores, usually 1 / sqrt(headDim).</summary>
    public required float Scale { get; init; }

    /// <summary>cap * tanh(score / cap) on scaled scores before the mask; 0 means none.</summary>
    public float SoftCap { get; init; }

    /// <summary>A query at position q sees keys at positions above q - Window only, itself included; 0 means all.</summary>
    public int Window { get; init; }

    /// <summary>Lets a query see keys at later positions too (encoders); otherwise attention is causal by position.</summary>
    public bool Bidirectional { get; init; }

    /// <summary>
    /// For trees: I32 [tokens, words], little-endian bits; bit j of token i's mask says whether it sees the j-th token of its own
    /// sequence in this step (itself included). Keys from before the step stay visible. Empty means every earlier position is seen;
    /// when given, it replaces the causal rule among the step's own tokens, which are the last slots of each head.
    /// </summary>
    public Tensor AncestorMask { get; init; }

    /// <summary>Where to write log(sum(exp(score))) per token and query head, F32 [tokens, heads]; empty means nowhere.</summary>
    public Tensor LogSumExp { get; init; }

    /// <summary>What to say about each slot on the way; <c>default</c> is nothing. The output has the same bits with it and without.</summary>
    public AttentionSignals Signals { get; init; }
}
