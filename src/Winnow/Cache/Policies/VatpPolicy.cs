using System;
using System.Collections.Generic;
using Winnow.Kernels;
using Winnow.Kernels.Reduction;

namespace Winnow.Cache.Policies;

/// <summary>Weighs attention by the size of what it brings: a slot's score times the sum of magnitudes of its value.</summary>
/// <remarks>
/// <para>Source: Guo et al. 2024, "Attention Score is not All You Need for Token Importance Indicator in KV Cache Reduction: Value Also Matters",
/// arXiv:2406.12335, section 3.</para>
/// <para>Inputs: the inner policy's scores (H2O or Scissorhands in the paper) and ||v||_1, F32 per slot, taken at append. Score: their product. The first tokens stay in any
/// case, since their values are tiny. State: a plane. Cost: one product.</para>
/// <para>Differs from the paper: one decision for each KV head; sinks are protected at all times by a mask, not at prefill by the
/// largest number, and leave the last tokens that much less of a small budget.</para>
/// </remarks>
public sealed class VatpPolicy : WrappingPolicy
{
    private readonly IReadOnlyList<string> _planes;
    private readonly int _sinks;

    /// <summary>Makes it.</summary>
    /// <param name="inner">What scores by attention.</param>
    /// <param name="sinks">How many first tokens stay. Default: 20.</param>
    public VatpPolicy(KvPolicy inner, int? sinks = null)
        : base(Description, inner)
    {
        _sinks = sinks ?? 20;
        ArgumentOutOfRangeException.ThrowIfNegative(_sinks, nameof(sinks));
        _planes = [.. inner.Planes, SlotPlanes.ValueL1];
    }

    /// <summary>What there is to say about it.</summary>
    public static KvPolicyInfo Description { get; } = new("vatp", "weighs attention by the size of values", "Guo et al. 2024, arXiv:2406.12335")
    {
        Options = [new("sinks", "20", "first tokens that stay")],
    };

    /// <inheritdoc/>
    protected internal override IReadOnlyList<string> Planes => _planes;

    /// <inheritdoc/>
    protected internal override int SinkTokens => Math.Max(_sinks, Inner.SinkTokens);

    /// <inheritdoc/>
    protected internal override int RecentOf(int slots) => Math.Clamp(slots - SinkTokens, RecentTokens, Math.Max(RecentTokens, Inner.RecentOf(slots)));

    /// <inheritdoc/>
    protected internal override Tensor Score(KvPass pass)
    {
        Tensor scores = Inner.Score(pass);
        pass.Device.Reduction.Map(scores, ElementOp.Multiply, scores, pass.Gather(SlotPlanes.ValueL1));
        return scores;
    }
}
