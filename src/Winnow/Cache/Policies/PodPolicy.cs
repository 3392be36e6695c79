using System;
using System.Collections.Generic;
using Winnow.Kernels;
using Winnow.Models;

namespace Winnow.Cache.Policies;

/// <summary>Layers in groups: each looks at near tokens by its own queries and keys, and at distant ones the way the first layer of its group does.</summary>
/// <remarks>
/// <para>Source: Ma et al. 2024, "Compressing KV Cache for Long-Context LLM Inference with Inter-Layer Attention Similarity" (PoD, proximal tokens over distant tokens),
/// arXiv:2412.02252, section 3.</para>
/// <para>Inputs: positions, and the queries of a group's first layer, F32 per token. Output: the attention of each layer but the first of its group, the sum by log-sum-exp of
/// two parts: `sinks` first tokens and a window of last ones, together the budget, with the layer's own queries, keys and values; and all tokens between them with the first layer's queries
/// and keys and the layer's own values. The first layer, and so every layer of a group of one, reads everything by itself. Prompts are read the same way, query by
/// query, so chunks do not matter. State: none beyond a step. Cost: two passes over the slots of a head instead of one, and one to merge them.</para>
/// <para>Differs from the paper: groups come from options, not from the similarity of attention measured on texts; they are the same for all heads; the model has not been
/// trained for it. The keys of distant tokens stay in the cache of all layers, so no memory is saved. A share as the budget is that of the tokens up to each query. Not for: layers with
/// a window of their own, which read all of it and are in no group, and caches that something evicts from.</para>
/// </remarks>
public sealed class PodPolicy : SparseReadPolicy
{
    private readonly IReadOnlyList<int>? _starts;

    /// <summary>Makes it.</summary>
    /// <param name="budget">How many slots each layer reads by itself.</param>
    /// <param name="sinks">How many of those are first tokens. Default: 4.</param>
    /// <param name="group">Layers of a group. Default: 2.</param>
    /// <param name="starts">The first layers of groups of any size, in the place of <paramref name="group"/>; the first group begins with layer 0 in any case.</param>
    public PodPolicy(KvBudget budget, int? sinks = null, int? group = null, IReadOnlyList<int>? starts = null)
        : base(Description, budget)
    {
        (Sinks, Group, _starts) = (sinks ?? 4, group ?? 2, starts);
        ArgumentOutOfRangeException.ThrowIfNegative(Sinks, nameof(sinks));
        ArgumentOutOfRangeException.ThrowIfLessThan(Group, 1, nameof(group));
        foreach (int start in starts ?? [])
        {
            ArgumentOutOfRangeException.ThrowIfNegative(start, nameof(starts));
        }
    }

    /// <summary>What there is to say about it.</summary>
    public static KvPolicyInfo Description { get; } = new("pod", "reads distant tokens the way the first layer of a group does", "Ma et al. 2024, arXiv:2412.02252")
    {
        ReadsSparsely = true,
        Options =
        [
            new("sinks", "4", "first tokens that each layer reads by itself"),
            new("group", "2", "layers that read distant tokens alike"),
            new("starts", "none", "first layers of groups, with / between them, in the place of group"),
        ],
    };

    /// <summary>First tokens that are near to all.</summary>
    internal int Sinks { get; }

    /// <summary>Layers of a group.</summary>
    internal int Group { get; }

    /// <inheritdoc/>
    protected internal override bool DecodeOnly => false;

    /// <inheritdoc/>
    protected internal override int LeastSlots => Sinks + 1;

    /// <summary>For each layer the one whose queries and keys it reads distant tokens with; itself where it reads everything by itself.</summary>
    /// <param name="config">The model.</param>
    /// <exception cref="ArgumentException">A group would start with a layer that the model does not have.</exception>
    internal int[] LeadersOf(ModelConfig config)
    {
        int[] leaders = new int[config.Layers];
        (int leader, int members) = (-1, 0);
        for (int layer = 0; layer < leaders.Length; layer++)
        {
            if (Starts(layer, members))
            {
                leader = -1;
            }

            leaders[layer] = layer;
            if (Budget.IsEverything || config.WindowOf(layer) > 0)
            {
                continue;
            }

            (leader, members) = leader < 0 ? (layer, 1) : (leader, members + 1);
            leaders[layer] = leader;
        }

        foreach (int start in _starts ?? [])
        {
            if (start >= leaders.Length)
            {
                throw new ArgumentException($"No group of the policy {this} can start with layer {start}: the model's layers are 0 to {leaders.Length - 1}.");
            }
        }

        return leaders;
    }

    /// <inheritdoc/>
    protected internal override SparseReader CreateReader(ComputeDevice device, ModelConfig config, KvCache cache, int maxSequences, int maxTokens) =>
        new PodReader(this, device, config, cache, maxTokens);

    private bool Starts(int layer, int members)
    {
        if (_starts is null)
        {
            return members == Group;
        }

        foreach (int start in _starts)
        {
            if (start == layer)
            {
                return true;
            }
        }

        return false;
    }
}
