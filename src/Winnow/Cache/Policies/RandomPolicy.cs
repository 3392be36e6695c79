using System;
using System.Collections.Generic;
using System.Numerics;

namespace Winnow.Cache.Policies;

/// <summary>Keeps tokens at random, and the newest one: the control that a policy has to beat.</summary>
/// <remarks>
/// Source: none. Inputs: positions. Each position has a random number of its own, a function of the seed and the position alone; those with the greatest
/// ones stay, the same in every head. State: the positions held, host. Cost: O(budget log budget) on the host.
/// </remarks>
public sealed class RandomPolicy : PositionPolicy
{
    private readonly ulong _seed;

    /// <summary>Makes it.</summary>
    /// <param name="budget">How much stays.</param>
    /// <param name="seed">Which tokens. Default: 1.</param>
    public RandomPolicy(KvBudget budget, int? seed = null)
        : base(Description, budget) => _seed = (ulong)(seed ?? 1);

    /// <summary>What there is to say about it.</summary>
    public static KvPolicyInfo Description { get; } = new("random", "keeps tokens at random (control)", "")
    {
        Options = [new("seed", "1", "which tokens")],
    };

    /// <inheritdoc/>
    protected internal override int RecentTokens => 1;

    /// <summary>The number of a position.</summary>
    internal ulong NumberOf(int position)
    {
        // The finalizer of SplitMix64 (Steele et al. 2014): neighbours give unrelated numbers.
        ulong x = (_seed * 0x9E3779B97F4A7C15) + BitOperations.RotateLeft((ulong)position + 1, 32);
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }

    /// <inheritdoc/>
    protected override void Keep(KvPass pass, ReadOnlySpan<int> positions, List<int> kept)
    {
        for (int slot = 0; slot < positions.Length - 1; slot++)
        {
            kept.Add(slot);
        }

        int[] held = positions.ToArray();
        kept.Sort((a, b) => NumberOf(held[b]).CompareTo(NumberOf(held[a])));
        kept.RemoveRange(Math.Min(kept.Count, pass.Slots - 1), Math.Max(0, kept.Count - (pass.Slots - 1)));
        kept.Add(positions.Length - 1);
        kept.Sort();
    }
}
