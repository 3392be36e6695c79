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
    /// <summary>How many queries back <see cref="BlockHistory"/> remembers.</summary>
    public const int HistorySteps = 64;

    /// <summary>The planes of <see cref="BlockHistory"/>: a page has a slot for each of its steps.</summary>
    public const int HistoryPlanes = HistorySteps / PagedKv.PageSlots;

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

    /// <summary>
    /// Sets, for each of a sequence's last <see cref="HistorySteps"/> tokens of the step and each page of its heads in use: the greatest p of the page's slots and
    /// the group's heads, 0 where none is seen or listed. F32 [<see cref="HistoryPlanes"/>, pages, <see cref="PagedKv.PageSlots"/>]: what a token at
    /// position t pays a page lies in plane t / PageSlots mod HistoryPlanes, slot t mod PageSlots of that page, over what the token HistorySteps before left.
    /// A page is a block of the text where no slot has left. (AttentionPredictor; Yang et al. 2025, arXiv:2502.04077.)
    /// </summary>
    public Tensor BlockHistory { get; init; }
}
