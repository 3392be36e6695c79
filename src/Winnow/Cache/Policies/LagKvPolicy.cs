using System;
using System.Collections.Generic;
using Winnow.Kernels;
using Winnow.Kernels.Reduction;

namespace Winnow.Cache.Policies;

/// <summary>Keeps, of every stretch of tokens, those whose keys and values stand out on the scale of the stretch that follows.</summary>
/// <remarks>
/// <para>Source: Liang et al. 2025, "LagKV: Lag-Relative Information of the KV Cache Tells Which Tokens Are Important", arXiv:2504.04704, section 3.</para>
/// <para>Inputs: keys and values as cached. Slots after the sinks are cut into partitions of `lag`. Score: keys and values are normalized channel by channel by the
/// least and the greatest of the next partition; the deviation of a vector's channels, softmax over its partition, mean of keys and values; then its
/// rank in the partition / lag, so that all partitions lose alike. Output: sinks, the slots without a whole next partition, and the best of the others.
/// State: none. Cost: each key and value is read twice at an eviction; no attention is looked at.</para>
/// <para>Differs from the paper: a budget of slots is kept to while a text grows, so what was cut once is cut again, together with its
/// neighbours then; a partition has at most a quarter of the budget, so that the slots which must stay fit in.</para>
/// </remarks>
public sealed class LagKvPolicy : LayerPolicy
{
    private const int LeastPartitions = 4;

    private readonly int _lag;

    /// <summary>Makes it.</summary>
    /// <param name="budget">How much stays.</param>
    /// <param name="sinks">How many first tokens stay. Default: 4.</param>
    /// <param name="lag">Tokens of a partition, and tokens decoded between two evictions. Default: 128.</param>
    public LagKvPolicy(KvBudget budget, int? sinks = null, int? lag = null)
        : base(Description, budget)
    {
        (SinkTokens, _lag) = (sinks ?? 4, lag ?? 128);
        ArgumentOutOfRangeException.ThrowIfNegative(SinkTokens, nameof(sinks));
        ArgumentOutOfRangeException.ThrowIfLessThan(_lag, 1, nameof(lag));
    }

    /// <summary>What there is to say about it.</summary>
    public static KvPolicyInfo Description { get; } = new("lagkv", "keeps what stands out against the tokens that follow", "Liang et al. 2025, arXiv:2504.04704")
    {
        Options = [new("sinks", "4", "first tokens that stay"), new("lag", "128", "tokens of a partition, and between evictions")],
    };

    /// <inheritdoc/>
    protected internal override int Interval => _lag;

    /// <inheritdoc/>
    protected internal override int SinkTokens { get; }

    /// <inheritdoc/>
    protected internal override int RecentTokens => 1;

    /// <inheritdoc/>
    protected internal override int RecentOf(int slots) => LagOf(slots);

    /// <inheritdoc/>
    protected internal override Tensor Score(KvPass pass)
    {
        IReduction reduction = pass.Device.Reduction;
        int lag = LagOf(pass.Slots);
        Tensor weights = base.Score(pass);
        List<int> scored = pass.HostList();
        foreach (int count in pass.Counts)
        {
            scored.Add(Math.Min(count, SinkTokens + (lag * Math.Max(0, ((count - SinkTokens) / lag) - 1))));
        }

        Tensor lengths = pass.RentList(scored);
        Tensor ranks = pass.Matrix();
        reduction.RankRows(ranks, weights, lengths, SinkTokens, lag);

        // Sinks and what has no whole next partition are the places where weights of nothing are 0; they score above every rank.
        Tensor present = weights;
        pass.Device.Fill(present, 0);
        reduction.SoftmaxRows(present, present, lengths, SinkTokens, lag);
        reduction.Map(ranks, ElementOp.Select, ranks, present, a: lag);
        reduction.Map(ranks, ElementOp.Divide, ranks, b: lag);
        return ranks;
    }

    /// <inheritdoc/>
    protected override void ScoreLayer(KvPass pass, int layer, Tensor scores, Tensor lengths)
    {
        Tensor ofValues = pass.Rent(DType.F32, new Shape(pass.KvHeads, pass.Entries));
        Weigh(pass, scores, pass.GatherKeys(layer), lengths);
        Weigh(pass, ofValues, pass.GatherValues(layer), lengths);
        pass.Device.Reduction.Map(scores, ElementOp.Add, scores, ofValues);
        pass.Device.Reduction.Map(scores, ElementOp.Multiply, scores, b: 0.5f);
    }

    private void Weigh(KvPass pass, Tensor weights, Tensor vectors, Tensor lengths)
    {
        int lag = LagOf(pass.Slots);
        pass.Device.Reduction.LagDeviation(weights, vectors, SinkTokens, lag, lengths);
        pass.Device.Reduction.SoftmaxRows(weights, weights, lengths, SinkTokens, lag);
    }

    private int LagOf(int slots) => Math.Clamp((slots - SinkTokens) / LeastPartitions, 1, _lag);
}
