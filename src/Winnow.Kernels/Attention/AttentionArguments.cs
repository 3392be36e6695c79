namespace Winnow.Kernels.Attention;

/// <summary>What one attention call computes beyond its tensors; <c>default</c> plus layer and scale is plain causal attention.</summary>
public readonly record struct AttentionArguments
{
    /// <summary>The layer whose pages are read.</summary>
    public required int Layer { get; init; }

    /// <summary>
    /// The layer whose keys, positions and counts are read in the place of <see cref="Layer"/>'s, whose values stay the ones that are read;
    /// both hold the same tokens in the same slots. Null means <see cref="Layer"/> (PoD shares distant keys among layers).
    /// </summary>
    public int? KeyLayer { get; init; }

    /// <summary>The factor of the scores, positive; usually 1 / sqrt(headDim).</summary>
    public required float Scale { get; init; }

    /// <summary>cap * tanh(score / cap) on scaled scores before the mask; 0 means none.</summary>
    public float SoftCap { get; init; }

    /// <summary>A query at position q sees keys at positions above q - Window only, itself included; 0 means all.</summary>
    public int Window { get; init; }

    /// <summary>With a <see cref="Window"/>: how many of the first positions stay visible besides it (StreamingLLM; Xiao et al. 2023, arXiv:2309.17453).</summary>
    public int Sinks { get; init; }

    /// <summary>
    /// With a <see cref="Window"/>, which is then the least: a window that grows with the position. Together with <see cref="Sinks"/> it makes up this share of the
    /// positions up to the query's, from 0 to 1: a query at q sees keys at positions above q - max(Window, round(WindowShare * (q + 1)) - Sinks). 0 means a window of one size.
    /// </summary>
    public float WindowShare { get; init; }

    /// <summary>
    /// Sees what <see cref="Sinks"/> and <see cref="Window"/>, which must be given, leave out of the earlier positions: a query at position q
    /// sees exactly the keys at positions from Sinks to q - Window that the other rules let it see. The two parts
    /// become one by their log-sum-exps: <see cref="IAttention.Merge"/>.
    /// </summary>
    public bool Distant { get; init; }

    /// <summary>Lets a query see keys at later positions too (encoders); otherwise attention is causal by position.</summary>
    public bool Bidirectional { get; init; }

    /// <summary>
    /// For trees: I32 [tokens, words], little-endian bits; bit j of token i's mask says whether it sees the j-th token of its own
    /// sequence in this step (itself included). Keys from before the step stay visible. Empty means every earlier position is seen;
    /// when given, it replaces the causal rule among the step's own tokens, which are the last slots of each head.
    /// </summary>
    public Tensor AncestorMask { get; init; }

    /// <summary>
    /// What queries may read: I32 [sequences, kvHeads, capacity], the slots of each KV head of each of the step's sequences, ascending, each
    /// below the head's count. Nothing else is read, and the other rules hold among the listed slots; a list of all slots gives the same
    /// bits as no list. Empty means every slot in use. (TidalDecode; Yang et al. 2024, arXiv:2410.05076.)
    /// </summary>
    public Tensor SlotLists { get; init; }

    /// <summary>How many slots each list of <see cref="SlotLists"/> has, I32 [sequences, kvHeads]; 0 gives what seeing no slot gives.</summary>
    public Tensor SlotListCounts { get; init; }

    /// <summary>Where to write log(sum(exp(score))) per token and query head, F32 [tokens, heads]; empty means nowhere.</summary>
    public Tensor LogSumExp { get; init; }

    /// <summary>What to say about each slot on the way; <c>default</c> is nothing. The output has the same bits with it and without.</summary>
    public AttentionSignals Signals { get; init; }
}
