using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Winnow.Kernels;
using Winnow.Models;

namespace Winnow.Cache.Policies;

/// <summary>
/// A policy that goes by the places and ids of tokens alone, so that every head of every layer keeps the same: the host decides, and the
/// device is told.
/// </summary>
public abstract class PositionPolicy : KvPolicy
{
    /// <summary>Makes it known by name with its budget.</summary>
    /// <param name="info">What there is to say about it.</param>
    /// <param name="budget">How much it keeps.</param>
    protected PositionPolicy(KvPolicyInfo info, KvBudget budget)
        : base(info, budget)
    {
    }

    /// <summary>Says which slots stay.</summary>
    /// <param name="pass">The sequence: its token ids and the budget.</param>
    /// <param name="positions">The positions that the slots hold, ascending.</param>
    /// <param name="kept">Takes the indices of the slots that stay, ascending.</param>
    protected abstract void Keep(KvPass pass, ReadOnlySpan<int> positions, List<int> kept);

    /// <inheritdoc/>
    protected internal sealed override KvMoment Observes => KvMoment.Always;

    /// <inheritdoc/>
    protected internal sealed override KvPolicyState CreateState(ComputeDevice device, ModelConfig config) => new HeldPositions();

    /// <inheritdoc/>
    protected internal sealed override void Observe(KvPass pass)
    {
        var held = (HeldPositions)pass.State!;

        // A sequence that comes from a cache without this policy holds everything; one that was frozen for a while holds what came in the meantime.
        int unseen = pass.Counts[0] - held.Positions.Length;
        bool wasFrozen = !held.Positions.IsEmpty && unseen > pass.NewTokens && held.Positions[^1] < pass.Length - unseen;
        held.Append(pass.Length, held.Positions.IsEmpty ? pass.Length : wasFrozen ? unseen : pass.NewTokens);
        if (held.Positions.Length != pass.Counts[0])
        {
            throw new WinnowException($"The cache holds {pass.Counts[0]} slots where {this} expects {held.Positions.Length}: continue the session with the policy that it was saved with.");
        }
    }

    /// <inheritdoc/>
    protected internal sealed override Tensor Score(KvPass pass) => throw new InvalidOperationException("A policy by position does not score.");

    /// <inheritdoc/>
    protected internal sealed override void Evict(KvPass pass)
    {
        var held = (HeldPositions)pass.State!;
        List<int> kept = pass.HostList();
        Keep(pass, held.Positions, kept);
        ReadOnlySpan<int> slots = CollectionsMarshal.AsSpan(kept);
        if (slots.Length < held.Positions.Length)
        {
            pass.KeepSlots(slots);
            held.Keep(slots);
        }
    }
}
