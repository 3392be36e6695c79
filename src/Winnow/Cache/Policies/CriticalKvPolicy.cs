using System;
using System.Collections.Generic;
using Winnow.Kernels;
using Winnow.Kernels.Reduction;

namespace Winnow.Cache.Policies;

/// <summary>Keeps some slots by another policy's scores, and fills up by those scores times what the values do to the layer's output.</summary>
/// <remarks>
/// <para>Source: Feng et al. 2025, "Identify Critical KV Cache in LLM Inference from an Output Perturbation Perspective", arXiv:2502.03805, algorithm 1.</para>
/// <para>Inputs: the inner policy's scores s, values, and the output matrix. Output: the best `share` of the budget by s, what is protected included; of the
/// others the best by (s + epsilon) ||Wo_h v||_1, mean over the query heads of a KV head. State: none. Cost: two rankings, and for the
/// slots of each layer as many flops as the layer's output projection takes for as many tokens.</para>
/// <para>Differs from the paper: s is on the inner policy's scale, sums of attention as a rule, not means. Not for: scores that may be negative.</para>
/// </remarks>
public sealed class CriticalKvPolicy : WrappingPolicy
{
    private readonly float _share;
    private readonly float _epsilon;

    /// <summary>Makes it.</summary>
    /// <param name="inner">What scores by attention.</param>
    /// <param name="share">The share of the budget that goes by the inner scores alone, 0 to 1. Default: 0.5.</param>
    /// <param name="epsilon">Added to the scores before they are multiplied. Default: 0.0001.</param>
    public CriticalKvPolicy(KvPolicy inner, float? share = null, float? epsilon = null)
        : base(Description, inner)
    {
        (_share, _epsilon) = (share ?? 0.5f, epsilon ?? 1e-4f);
        ArgumentOutOfRangeException.ThrowIfNegative(_epsilon, nameof(epsilon));
        if (!(_share is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(share), _share, "The share that goes by the inner scores is 0 to 1.");
        }
    }

    /// <summary>What there is to say about it.</summary>
    public static KvPolicyInfo Description { get; } = new("criticalkv", "fills up by what values do to the output", "Feng et al. 2025, arXiv:2502.03805")
    {
        Options =
        [
            new("share", "0.5", "share of the budget that goes by the inner scores alone"),
            new("epsilon", "0.0001", "added to the scores before they are multiplied"),
        ],
    };

    /// <inheritdoc/>
    protected internal override Tensor Score(KvPass pass)
    {
        IReduction reduction = pass.Device.Reduction;
        Tensor scores = Inner.Score(pass);
        Tensor beyond = Places(pass, scores);
        Tensor norms = pass.Matrix();
        OutputNorms output = pass.Derived(OutputNorms.Make);
        int kept = pass.Sinks + pass.Recent;
        for (int layer = 0; layer < pass.Layers; layer++)
        {
            using KvArenaScope scope = pass.Scope();
            int row = layer * pass.KvHeads;
            output.Average(pass, layer, norms.Rows(row, pass.KvHeads));

            // How far beyond the first stage: places are whole numbers, so half a place tells.
            Tensor places = beyond.Rows(row, pass.KvHeads);
            int first = Math.Max(0, (int)(_share * pass.SlotsOf(layer)) - kept);
            reduction.Map(places, ElementOp.Add, places, b: -first - 0.5f);
        }

        reduction.Map(scores, ElementOp.Add, scores, b: _epsilon);
        reduction.Map(scores, ElementOp.Multiply, scores, norms);
        reduction.Map(scores, ElementOp.Select, scores, beyond, a: float.MaxValue);
        return scores;
    }

    // The place of each slot by its score, from 1 for the best, among those that are not protected.
    private static Tensor Places(KvPass pass, Tensor scores)
    {
        IReduction reduction = pass.Device.Reduction;
        int recent = pass.Recent;
        List<int> open = pass.HostList();
        foreach (int count in pass.Counts)
        {
            open.Add(Math.Max(0, count - recent));
        }

        Tensor lengths = pass.RentList(open);
        Tensor ranks = pass.Matrix();
        reduction.RankRows(ranks, scores, lengths, pass.Sinks);

        // Weights of equal scores are 1 over the number of slots; where none are, infinity says that the place does not matter.
        Tensor number = pass.Matrix();
        pass.Device.Fill(number, 0);
        reduction.SoftmaxRows(number, number, lengths, pass.Sinks);
        reduction.Map(number, ElementOp.Reciprocal, number);
        reduction.Map(ranks, ElementOp.MultiplyAdd, ranks, number, a: -1);
        return ranks;
    }
}
