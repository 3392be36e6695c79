using Winnow.Kernels.Cache;

namespace Winnow.Kernels.Attention;

/// <summary>
/// What attention says about each slot while it passes, without ever storing an attention map. With p[t, h, j] the softmax probability
/// of slot j for token t and query head h (0 where t does not see j), each plane below holds, for a slot j of KV head g, a reduction over
/// the step's tokens of j's sequence and over the query heads of g's group. Planes are F32 [pages, <see cref="PagedKv.PageSlots"/>], in the
/// addressing of <see cref="PagedKv.Attributes"/>; an empty one is not wanted. Every slot in use of a sequence with a token in the step is written,
/// no other; where there are slot lists, every listed one. Slots are those of the keys, where these are another layer's. Sequences of one step must not share pages where signals are wanted.
/// </summary>
public readonly record struct AttentionSignals
{
    /// <summary>Accumulates: plane[j] += sum over tokens and heads of p (H2O; Zhang et al. 2023, arXiv:2306.14048).</summary>
    public Tensor ColumnMass { get; init; }

    /// <summary>
    /// Sets: plane[j] = sum over the step's last <see cref="WindowTokens"/> tokens, or all if it has fewer, and over heads of p
    /// (SnapKV; Li et al. 2024, arXiv:2404.14469).
    /// </summary>
    public Tensor WindowMass { get; init; }

    /// <summary>How many tokens <see cref="WindowMass"/> covers; at least 1 where it is wanted.</summary>
    public int WindowTokens { get; init; }

    /// <summary>Sets: plane[j] = sum over heads of the last token's p (TOVA; Oren et al. 2024, arXiv:2401.06104).</summary>
    public Tensor LastRow { get; init; }

    /// <summary>Keeps the greatest: plane[j] = max(plane[j], p of every token and head).</summary>
    public Tensor ColumnMaximum { get; init; }

    /// <summary>Accumulates: plane[j] += the number of (token, head) with p above <see cref="HitThreshold"/>.</summary>
    public Tensor Hits { get; init; }

    /// <summary>The probability that a hit exceeds.</summary>
    public float HitThreshold { get; init; }
}
