using System.Collections.Generic;
using Winnow.Kernels;
using Winnow.Kernels.Reduction;

namespace Winnow.Cache.Policies;

/// <summary>Keeps the tokens that the newest one attends to; all heads of a layer decide together.</summary>
/// <remarks>
/// <para>Source: Oren et al. 2024, "Transformers are Multi-State RNNs", arXiv:2401.06104, section 4.</para>
/// <para>Inputs: the last query's attention, F32 per slot, summed over heads. Output: the budget's slots with most of it, the same in every head of a layer.
/// State: none. Cost: one pass of signals a step, one selection.</para>
/// <para>Differs from the paper: the newest token always stays (the authors leave that to its own weight).</para>
/// </remarks>
public sealed class TovaPolicy : KvPolicy
{
    /// <summary>Makes it.</summary>
    /// <param name="budget">How much stays.</param>
    public TovaPolicy(KvBudget budget)
        : base(Description, budget)
    {
    }

    /// <summary>What there is to say about it.</summary>
    public static KvPolicyInfo Description { get; } = new("tova", "keeps what the newest token attends to, heads of a layer together", "Oren et al. 2024, arXiv:2401.06104");

    /// <inheritdoc/>
    protected internal override IReadOnlyList<string> Planes => [SlotPlanes.LastRow];

    /// <inheritdoc/>
    protected internal override int RecentTokens => 1;

    /// <inheritdoc/>
    protected internal override Tensor Score(KvPass pass)
    {
        Tensor scores = pass.Gather(SlotPlanes.LastRow);
        pass.Device.Reduction.CombineGroups(scores, scores, pass.KvHeads, GroupKind.Sum);
        return scores;
    }
}
