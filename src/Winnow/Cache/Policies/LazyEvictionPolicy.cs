using System;
using System.Collections.Generic;
using Winnow.Kernels;
using Winnow.Kernels.Reduction;

namespace Winnow.Cache.Policies;

/// <summary>Keeps tokens that are looked at again and again, at intervals, until they have not been for longer than usual.</summary>
/// <remarks>
/// <para>Source: Zhang et al. 2025, "LazyEviction: Lagged KV Eviction with Attention Pattern Observation for Efficient Long Reasoning", arXiv:2506.15969, and
/// the authors' code.</para>
/// <para>Inputs: whether a head of the group paid a slot at least alpha in this step. State: for each slot the decode step TS of its last hit and the
/// longest interval MRI between two of them; a new slot has TS of the step before it and MRI 0. Score at step t: 2 / (1 + exp(1 + (t - TS) / (MRI + 1e-5)))
/// and, where MRI is above 0, 2 / (1 + exp(MRI - 1)) more. Output: every `window` decoded tokens the last `window` slots and the best of the others;
/// in between the cache grows by as many. Cost: one pass of signals a step, a few maps; one selection a window.</para>
/// <para>Differs from the code: one decision for each KV head instead of each query head. As there, nothing leaves while a prompt is computed: one that
/// exceeds the budget stays whole until the first eviction of decoding cuts it. Tokens given to a session later count as seen at the last decoded token.</para>
/// <para>Not for: prompts that must not take more memory than the budget.</para>
/// </remarks>
public sealed class LazyEvictionPolicy : KvPolicy
{
    private const string LastHit = "last_hit";
    private const string LongestInterval = "longest_interval";
    private const float Epsilon = 1e-5f;

    private readonly int _window;
    private readonly float _alpha;

    /// <summary>Makes it.</summary>
    /// <param name="budget">How much stays.</param>
    /// <param name="window">Decoded tokens between two evictions, and last slots that stay. Default: 52.</param>
    /// <param name="alpha">The attention from which on a token counts as looked at. Default: 0.0005.</param>
    public LazyEvictionPolicy(KvBudget budget, int? window = null, float? alpha = null)
        : base(Description, budget)
    {
        (_window, _alpha) = (window ?? 52, alpha ?? 5e-4f);
        ArgumentOutOfRangeException.ThrowIfLessThan(_window, 1, nameof(window));
        if (!(_alpha is > 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(alpha), _alpha, "The attention of a hit is above 0 and below 1.");
        }
    }

    /// <summary>What there is to say about it.</summary>
    public static KvPolicyInfo Description { get; } = new("lazyeviction", "keeps what is looked at again and again, until it no longer is", "Zhang et al. 2025, arXiv:2506.15969")
    {
        Options =
        [
            new("window", "52", "decoded tokens between two evictions, and last tokens that stay"),
            new("alpha", "0.0005", "attention from which on a token counts as looked at"),
        ],
    };

    /// <inheritdoc/>
    protected internal override IReadOnlyList<string> Planes => [SlotPlanes.Hits, LastHit, LongestInterval];

    /// <inheritdoc/>
    protected internal override float HitThreshold => MathF.BitDecrement(_alpha);

    /// <inheritdoc/>
    protected internal override KvMoment Evicts => KvMoment.Decode;

    /// <inheritdoc/>
    protected internal override KvMoment Observes => KvMoment.Always;

    /// <inheritdoc/>
    protected internal override int Interval => _window;

    /// <inheritdoc/>
    protected internal override int RecentTokens => _window;

    /// <inheritdoc/>
    protected internal override void Observe(KvPass pass)
    {
        IReduction reduction = pass.Device.Reduction;
        bool decodes = pass.Moment == KvMoment.Decode;
        Tensor last = pass.Gather(LastHit);
        Tensor isNew = pass.Matrix();
        reduction.Map(isNew, ElementOp.AtLeast, pass.GatherPositions(), b: pass.Length - pass.NewTokens);
        reduction.Map(last, ElementOp.AddScaled, last, isNew, a: decodes ? pass.DecodeSteps - 1 : pass.DecodeSteps);

        Tensor hits = pass.Gather(SlotPlanes.Hits);
        if (decodes)
        {
            Tensor idle = pass.Matrix();
            reduction.Map(idle, ElementOp.MultiplyAdd, last, a: -1, b: pass.DecodeSteps);
            Tensor isHit = isNew;
            reduction.Map(isHit, ElementOp.Greater, hits);
            reduction.Map(idle, ElementOp.Multiply, idle, isHit);
            Tensor longest = pass.Gather(LongestInterval);
            reduction.Map(longest, ElementOp.Max, longest, idle);
            pass.Scatter(LongestInterval, longest);
            reduction.Map(last, ElementOp.Add, last, idle);
        }

        // Attention adds to this plane, also where the prompts of other sequences share a step: what is seen is taken off.
        reduction.Map(hits, ElementOp.Multiply, hits);
        pass.Scatter(SlotPlanes.Hits, hits);
        pass.Scatter(LastHit, last);
    }

    /// <inheritdoc/>
    protected internal override Tensor Score(KvPass pass)
    {
        IReduction reduction = pass.Device.Reduction;
        Tensor longest = pass.Gather(LongestInterval);
        Tensor score = pass.Gather(LastHit);
        Tensor part = pass.Matrix();
        reduction.Map(part, ElementOp.Add, longest, b: Epsilon);
        reduction.Map(score, ElementOp.MultiplyAdd, score, a: -1, b: pass.DecodeSteps);
        reduction.Map(score, ElementOp.Divide, score, part);
        reduction.Map(score, ElementOp.Logistic, score, a: -1, b: -1);

        reduction.Map(part, ElementOp.Logistic, longest, a: -1, b: 1);
        reduction.Map(part, ElementOp.Select, part, longest);
        reduction.Map(score, ElementOp.Add, score, part);
        reduction.Map(score, ElementOp.Multiply, score, b: 2);
        return score;
    }
}
