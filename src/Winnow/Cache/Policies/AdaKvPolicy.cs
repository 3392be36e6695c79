using System;
using System.Collections.Generic;
using System.Linq;
using Winnow.Kernels;

namespace Winnow.Cache.Policies;

/// <summary>Lets the heads of a layer compete for its budget, so that heads with scattered attention keep more; each head has a floor.</summary>
/// <remarks>
/// <para>Source: Feng et al. 2024, "Ada-KV: Optimizing KV Cache Eviction by Adaptive Budget Allocation for Efficient LLM Inference", arXiv:2407.11550, algorithm 1.</para>
/// <para>Inputs: the inner policy's scores. Output: of the layer's best KV heads * base slots each head owns some; it keeps (1 - floor) of that number and floor of
/// base, besides what is protected; base is the budget less what is protected. State: none. Cost: scores go to the host, which sorts them: O(slots log slots) a layer,
/// and a wait for the device.</para>
/// <para>Differs from the paper: what rounding leaves over goes to the largest remainders, so that a layer keeps its budget exactly; scores
/// are the inner policy's as they are. Memory is really freed, head by head.</para>
/// </remarks>
public sealed class AdaKvPolicy : WrappingPolicy
{
    private readonly float _floor;

    /// <summary>Makes it.</summary>
    /// <param name="inner">What scores.</param>
    /// <param name="floor">The share of the budget that every head has in any case, 0 to 1. Default: 0.2.</param>
    public AdaKvPolicy(KvPolicy inner, float? floor = null)
        : base(Description, inner)
    {
        _floor = floor ?? 0.2f;
        if (!(_floor is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(floor), _floor, "The floor is a share, 0 to 1.");
        }
    }

    /// <summary>What there is to say about it.</summary>
    public static KvPolicyInfo Description { get; } = new("adakv", "lets the heads of a layer compete for its budget", "Feng et al. 2024, arXiv:2407.11550")
    {
        Options = [new("floor", "0.2", "share of the budget that each head has in any case")],
    };

    /// <inheritdoc/>
    protected internal override void Allocate(KvPass pass, Tensor scores)
    {
        float[] values = pass.ReadBack(scores);
        for (int layer = 0; layer < pass.Layers; layer++)
        {
            Allocate(pass, values, layer);
        }
    }

    private void Allocate(KvPass pass, float[] values, int layer)
    {
        int heads = pass.KvHeads, first = layer * heads, sinks = pass.Sinks, recent = pass.Recent;
        List<(float Score, int Head)> open = [];
        Span<int> free = stackalloc int[heads];
        for (int head = 0; head < heads; head++)
        {
            int count = pass.Counts[first + head];
            free[head] = Math.Max(0, count - sinks - recent);
            for (int slot = sinks; slot < count - recent; slot++)
            {
                open.Add((values[((first + head) * pass.Entries) + slot], head));
            }
        }

        int each = Math.Max(0, pass.SlotsOf(layer) - sinks - recent);
        int pool = Math.Min(open.Count, heads * each);

        // In order of heads and slots already; a stable order keeps that among equals.
        int[] order = [.. Enumerable.Range(0, open.Count).OrderByDescending(i => open[i].Score)];
        Span<double> shares = stackalloc double[heads];
        for (int i = 0; i < pool; i++)
        {
            shares[open[order[i]].Head]++;
        }

        // No head is left with nothing, also where nothing is protected.
        double least = Math.Max(Math.Floor(each * _floor), sinks + recent == 0 ? 1 : 0);
        foreach (ref double share in shares)
        {
            share = least + (share * (pool - (heads * least)) / Math.Max(1, pool));
        }

        Distribute(shares, free, pool);
        for (int head = 0; head < heads; head++)
        {
            pass.Wanted[first + head] = (pass.Counts[first + head] - free[head]) + (int)shares[head];
        }
    }

    // Whole numbers with the given sum, none above what there is; what is left over goes to the largest remainders, of equals to the earlier head.
    private static void Distribute(Span<double> shares, ReadOnlySpan<int> most, int sum)
    {
        Span<double> remainders = stackalloc double[shares.Length];
        for (int i = 0; i < shares.Length; i++)
        {
            double whole = Math.Min(most[i], Math.Floor(shares[i]));
            remainders[i] = shares[i] - whole;
            shares[i] = whole;
            sum -= (int)whole;
        }

        for (; sum > 0; sum--)
        {
            int best = -1;
            for (int i = 0; i < shares.Length; i++)
            {
                best = shares[i] < most[i] && (best < 0 || remainders[i] > remainders[best]) ? i : best;
            }

            shares[best]++;
            remainders[best]--;
        }
    }
}
