using System;
using System.Collections.Generic;
using Winnow.Kernels;
using Winnow.Kernels.Reduction;

namespace Winnow.Cache.Policies;

/// <summary>Keeps what mattered lately, on the hypothesis that it goes on to matter, and a few last tokens.</summary>
/// <remarks>
/// <para>Source: Liu et al. 2023, "Scissorhands: Exploiting the Persistence of Importance Hypothesis for LLM KV Cache Compression at Test Time",
/// arXiv:2305.17118, as the code of VATP (Guo et al. 2024, arXiv:2406.12335) has it; its own code was not published.</para>
/// <para>Inputs: attention of the last `history` queries of each part of a prompt, over `history`, F32 per slot, summed over the query heads of a KV head;
/// each decoded token adds what it attends to, not divided. Output: the last `recent` slots and the best of the others. State: the plane. Cost: one pass of
/// signals a step, one selection.</para>
/// <para>With a `threshold` the paper's rule: how often a query of a head paid a token no more than the threshold, and the tokens of which that is least true
/// stay.</para>
/// <para>Differs from the paper: without a threshold, mean attention instead of counts, as in that code; with one, it is a number instead of 1 / t, and all
/// queries since a token came are counted instead of the last `history`. One decision for each KV head; a part of a prompt is judged by its own queries
/// alone; evicts down to the budget in every step instead of in halves.</para>
/// </remarks>
public sealed class ScissorhandsPolicy : KvPolicy
{
    private const string Importance = "importance";

    private readonly int _history;
    private readonly int _recent;
    private readonly float _threshold;

    /// <summary>Makes it.</summary>
    /// <param name="budget">How much stays.</param>
    /// <param name="history">How many last queries of a part of a prompt decide. Default: 400.</param>
    /// <param name="recent">How many of the last tokens stay in any case. Default: 10.</param>
    /// <param name="threshold">What attention must exceed to count, where queries are counted; 0 takes the mean attention. Default: 0.</param>
    public ScissorhandsPolicy(KvBudget budget, int? history = null, int? recent = null, float? threshold = null)
        : base(Description, budget)
    {
        (_history, _recent, _threshold) = (history ?? 400, recent ?? 10, threshold ?? 0);
        ArgumentOutOfRangeException.ThrowIfLessThan(_history, 1, nameof(history));
        ArgumentOutOfRangeException.ThrowIfNegative(_recent, nameof(recent));
        if (!(_threshold is >= 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(threshold), _threshold, "The threshold of attention is below 1, or 0 for none.");
        }
    }

    /// <summary>What there is to say about it.</summary>
    public static KvPolicyInfo Description { get; } = new("scissorhands", "keeps what mattered to the last queries, and a few last tokens", "Liu et al. 2023, arXiv:2305.17118")
    {
        Options =
        [
            new("history", "400", "last queries of a part of a prompt that decide"),
            new("recent", "10", "last tokens that stay in any case"),
            new("threshold", "0", "attention that counts, where queries are counted; 0 takes the mean"),
        ],
    };

    /// <inheritdoc/>
    protected internal override IReadOnlyList<string> Planes => Counts ? [SlotPlanes.Hits] : [SlotPlanes.WindowMass, Importance];

    /// <inheritdoc/>
    protected internal override int WindowTokens => _history;

    /// <inheritdoc/>
    protected internal override float HitThreshold => _threshold;

    /// <inheritdoc/>
    protected internal override int RecentTokens => _recent;

    private bool Counts => _threshold > 0;

    /// <inheritdoc/>
    protected internal override void Observe(KvPass pass)
    {
        if (Counts)
        {
            return;
        }

        Tensor mass = pass.Gather(SlotPlanes.WindowMass);
        if (pass.Moment == KvMoment.Decode)
        {
            pass.Device.Reduction.Map(mass, ElementOp.Add, mass, pass.Gather(Importance));
        }
        else
        {
            pass.Device.Reduction.Map(mass, ElementOp.Multiply, mass, b: 1f / _history);
        }

        pass.Scatter(Importance, mass);
    }

    /// <inheritdoc/>
    protected internal override Tensor Score(KvPass pass)
    {
        if (!Counts)
        {
            return pass.Gather(Importance);
        }

        // Hits less the queries that the token has met is minus the number of those that missed it.
        float group = pass.Config.Heads / pass.Config.KvHeads;
        Tensor score = pass.Matrix();
        pass.Device.Reduction.Map(score, ElementOp.MultiplyAdd, pass.GatherPositions(), a: group, b: -group * pass.Length);
        pass.Device.Reduction.Map(score, ElementOp.Add, score, pass.Gather(SlotPlanes.Hits));
        return score;
    }
}
