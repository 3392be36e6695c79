using System;
using System.Collections.Generic;
using Winnow.Kernels;
using Winnow.Models;

namespace Winnow.Cache.Policies;

/// <summary>A policy that changes some stages of another one and leaves the others to it: how stages of different papers are put together.</summary>
public abstract class WrappingPolicy : KvPolicy
{
    private protected WrappingPolicy(KvPolicyInfo info, KvPolicy inner)
        : base(Named(info, inner), inner.Budget) => Inner = inner;

    /// <summary>The policy whose other stages these are.</summary>
    public KvPolicy Inner { get; }

    /// <inheritdoc/>
    protected internal override IReadOnlyList<string> Planes => Inner.Planes;

    /// <inheritdoc/>
    protected internal override int WindowTokens => Inner.WindowTokens;

    /// <inheritdoc/>
    protected internal override float HitThreshold => Inner.HitThreshold;

    /// <inheritdoc/>
    protected internal override KvMoment Evicts => Inner.Evicts;

    /// <inheritdoc/>
    protected internal override KvMoment Observes => Inner.Observes;

    /// <inheritdoc/>
    protected internal override int Interval => Inner.Interval;

    /// <inheritdoc/>
    protected internal override int SinkTokens => Inner.SinkTokens;

    /// <inheritdoc/>
    protected internal override int RecentTokens => Inner.RecentTokens;

    /// <inheritdoc/>
    protected internal override int RecentOf(int slots) => Inner.RecentOf(slots);

    /// <inheritdoc/>
    protected internal override KvPositions Positions => Inner.Positions;

    /// <inheritdoc/>
    protected internal override bool Watches => Inner.Watches;

    /// <inheritdoc/>
    internal override void CheckModel(ModelConfig config) => Inner.CheckModel(config);

    /// <inheritdoc/>
    protected internal override KvPolicyState? CreateState(ComputeDevice device, ModelConfig config) => Inner.CreateState(device, config);

    /// <inheritdoc/>
    protected internal override void Watch(in KvLayer layer) => Inner.Watch(layer);

    /// <inheritdoc/>
    protected internal override void Observe(KvPass pass) => Inner.Observe(pass);

    /// <inheritdoc/>
    protected internal override int SlotsOf(KvPass pass, int layer) => Inner.SlotsOf(pass, layer);

    /// <inheritdoc/>
    protected internal override Tensor Score(KvPass pass) => Inner.Score(pass);

    /// <inheritdoc/>
    protected internal override void Allocate(KvPass pass, Tensor scores) => Inner.Allocate(pass, scores);

    private static KvPolicyInfo Named(KvPolicyInfo info, KvPolicy inner)
    {
        ArgumentNullException.ThrowIfNull(inner);
        if (inner is PositionPolicy or NatsPolicy)
        {
            throw new ArgumentException($"The policy {info.Name} needs scores, and {inner.Info.Name} has none: it goes by the places or types of tokens alone.");
        }

        return info with { Name = $"{info.Name}+{inner.Info.Name}" };
    }
}
