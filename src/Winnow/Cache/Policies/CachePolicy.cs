using System;
using System.Collections.Generic;
using Winnow.Formats;
using Winnow.Models;

namespace Winnow.Cache.Policies;

/// <summary>
/// A way of doing less work over a KV cache. A policy is a description: it has no state of its own, may serve any number of sequences and
/// engines, and what it notes about a sequence stays with that sequence.
/// </summary>
public abstract class CachePolicy
{
    private SignalKinds? _signals;

    private protected CachePolicy(KvPolicyInfo info, KvBudget budget)
    {
        ArgumentNullException.ThrowIfNull(info);
        (Info, Budget) = (info, budget);
    }

    /// <summary>What there is to say about it.</summary>
    public KvPolicyInfo Info { get; }

    /// <summary>How much it keeps, or reads in a step.</summary>
    public KvBudget Budget { get; }

    /// <summary>The planes kept with each slot: those of <see cref="SlotPlanes"/> are filled by attention and append, others by the policy.</summary>
    protected internal virtual IReadOnlyList<string> Planes => Array.Empty<string>();

    /// <summary>How many of a step's last queries <see cref="SlotPlanes.WindowMass"/> sums over; at least 1 where that plane is asked for.</summary>
    protected internal virtual int WindowTokens => 0;

    /// <summary>What a probability must exceed to count among <see cref="SlotPlanes.Hits"/>.</summary>
    protected internal virtual float HitThreshold => 0;

    /// <summary>The fewest slots of a head that it can work with: what it protects.</summary>
    protected internal virtual int LeastSlots => 1;

    /// <summary>The signals that fill its planes.</summary>
    internal SignalKinds Signals => _signals ??= SignalPlanes.Of(Planes);

    /// <summary>Refuses a number of slots that is below what the policy protects.</summary>
    /// <exception cref="ArgumentException">It is; the message says the least that is possible.</exception>
    internal void CheckBudget()
    {
        if (Budget.IsSlots && Budget.SlotsFor(0, 1, 1) < LeastSlots)
        {
            throw new ArgumentException($"The policy {Info.Name} protects {LeastSlots} slots of each head, so a budget of {Budget} is not possible; the least is {LeastSlots}.");
        }
    }

    /// <summary>Refuses a model that it is not for.</summary>
    /// <param name="config">The model.</param>
    /// <exception cref="ModelFormatException">What it brings along is for another model; the message names what and the remedy.</exception>
    internal virtual void CheckModel(ModelConfig config)
    {
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Info.Name} {Budget}";
}
