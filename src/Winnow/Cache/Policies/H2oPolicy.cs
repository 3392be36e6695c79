using System;
using System.Collections.Generic;
using Winnow.Kernels;

namespace Winnow.Cache.Policies;

/// <summary>Keeps heavy hitters, the tokens that got most attention so far, and the last tokens.</summary>
/// <remarks>
/// <para>Source: Zhang et al. 2023, "H2O: Heavy-Hitter Oracle for Efficient Generative Inference of Large Language Models", arXiv:2306.14048.</para>
/// <para>Inputs: column mass of all queries so far, F32 per slot, summed over the query heads of a KV head. Output: recent = share * budget last slots and
/// the heaviest of the others. State: the plane. Cost: one pass of signals a step, one selection.</para>
/// <para>Differs from the paper: one decision for each KV head instead of each query head; exactly `recent` cached tokens are protected (the authors'
/// mask is one step ahead and protects one fewer); the budget is the user's, not a share of the prompt fixed at prefill.</para>
/// </remarks>
public sealed class H2oPolicy : KvPolicy
{
    private readonly float _recent;

    /// <summary>Makes it.</summary>
    /// <param name="budget">How much stays.</param>
    /// <param name="recent">The share of the budget that the last tokens have. Default: 0.5.</param>
    public H2oPolicy(KvBudget budget, float? recent = null)
        : base(Description, budget)
    {
        _recent = recent ?? 0.5f;
        if (!(_recent is >= 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(recent), _recent, "The share of the last tokens is 0 or more and below 1.");
        }
    }

    /// <summary>What there is to say about it.</summary>
    public static KvPolicyInfo Description { get; } = new("h2o", "keeps what got most attention so far, and the last tokens", "Zhang et al. 2023, arXiv:2306.14048")
    {
        Options = [new("recent", "0.5", "share of the budget for the last tokens")],
    };

    /// <inheritdoc/>
    protected internal override IReadOnlyList<string> Planes => [SlotPlanes.ColumnMass];

    /// <inheritdoc/>
    protected internal override Tensor Score(KvPass pass) => pass.Gather(SlotPlanes.ColumnMass);

    /// <inheritdoc/>
    protected internal override int RecentOf(int slots) => (int)(_recent * slots);
}
