using System;
using Winnow.Kernels;
using Winnow.Models;

namespace Winnow.Cache.Policies;

/// <summary>
/// A policy that evicts: after a step it scores the slots of every head of every layer, and those that score least leave the cache for good.
/// The stages are members; a policy overrides those that make it what it is: when (<see cref="Evicts"/>, <see cref="Interval"/>), what
/// is looked at (<see cref="CachePolicy.Planes"/>, <see cref="Watch"/>, <see cref="Observe"/>), how slots compare (<see cref="Score"/>), how many stay
/// where (<see cref="SlotsOf"/>, <see cref="Allocate"/>), what stays in any case (<see cref="SinkTokens"/>, <see cref="RecentTokens"/>), and which
/// position a kept key speaks for (<see cref="Positions"/>).
/// </summary>
public abstract class KvPolicy : CachePolicy
{
    /// <summary>Makes it known by name with its budget.</summary>
    /// <param name="info">What there is to say about it.</param>
    /// <param name="budget">How much it keeps.</param>
    protected KvPolicy(KvPolicyInfo info, KvBudget budget)
        : base(info, budget)
    {
    }

    /// <summary>When slots leave.</summary>
    protected internal virtual KvMoment Evicts => KvMoment.Always;

    /// <summary>When attention fills the planes and <see cref="Watch"/> and <see cref="Observe"/> are called.</summary>
    protected internal virtual KvMoment Observes => Evicts;

    /// <summary>How many decoded tokens lie between two evictions; the cache grows by as many slots in between.</summary>
    protected internal virtual int Interval => 1;

    /// <summary>How many of the first slots of a head stay in any case.</summary>
    protected internal virtual int SinkTokens => 0;

    /// <summary>How many of the last slots of a head stay in any case.</summary>
    protected internal virtual int RecentTokens => 0;

    /// <summary>How many of the last slots of a head stay where it keeps so many in all; at least <see cref="RecentTokens"/>.</summary>
    /// <param name="slots">What a head keeps, on average.</param>
    protected internal virtual int RecentOf(int slots) => RecentTokens;

    /// <inheritdoc/>
    protected internal override int LeastSlots => Math.Max(1, SinkTokens + RecentTokens);

    /// <summary>Which position a kept key speaks for.</summary>
    protected internal virtual KvPositions Positions => KvPositions.Original;

    /// <summary>Whether <see cref="Watch"/> is to be called.</summary>
    protected internal virtual bool Watches => false;

    /// <summary>What it notes about a new sequence beside planes; null where nothing.</summary>
    /// <param name="device">The device of the cache.</param>
    /// <param name="config">The model.</param>
    protected internal virtual KvPolicyState? CreateState(ComputeDevice device, ModelConfig config) => null;

    /// <summary>Looks at one layer of a step before its keys are rotated and appended.</summary>
    /// <param name="layer">What the layer is about to do with the sequence's tokens.</param>
    protected internal virtual void Watch(in KvLayer layer)
    {
    }

    /// <summary>Brings what it notes up to date after a step, whether slots leave now or not.</summary>
    /// <param name="pass">The sequence and its slots.</param>
    protected internal virtual void Observe(KvPass pass)
    {
    }

    /// <summary>How many slots the heads of a layer keep, on average.</summary>
    /// <param name="pass">The sequence; <see cref="KvPass.Slots"/> is the budget.</param>
    /// <param name="layer">The layer.</param>
    protected internal virtual int SlotsOf(KvPass pass, int layer) => pass.Slots;

    /// <summary>Scores all slots: what scores higher stays longer, of equals the earlier.</summary>
    /// <param name="pass">The sequence and its slots.</param>
    /// <returns>F32 [<see cref="KvPass.Rows"/>, <see cref="KvPass.Entries"/>]; what lies past a row's length does not matter.</returns>
    protected internal abstract Tensor Score(KvPass pass);

    /// <summary>Says in <see cref="KvPass.Wanted"/> how many slots each head keeps. Here: what its layer has, each head the same.</summary>
    /// <param name="pass">The sequence and its slots.</param>
    /// <param name="scores">What <see cref="Score"/> gave.</param>
    protected internal virtual void Allocate(KvPass pass, Tensor scores)
    {
        for (int row = 0; row < pass.Rows; row++)
        {
            pass.Wanted[row] = pass.SlotsOf(row / pass.KvHeads);
        }
    }

    /// <summary>The whole of an eviction: score, allocate, keep the best.</summary>
    /// <param name="pass">The sequence and its slots.</param>
    protected internal virtual void Evict(KvPass pass)
    {
        Tensor scores = Score(pass);
        Allocate(pass, scores);
        pass.KeepTop(scores, SinkTokens, RecentOf(pass.Slots));
    }
}
