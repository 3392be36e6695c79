using System;
using System.Collections.Generic;
using Winnow.Kernels;
using Winnow.Kernels.Reduction;
using Winnow.Models;

namespace Winnow.Cache.Policies;

/// <summary>Keeps what queries to come are expected to attend to, if they are spread as those of the prompt were.</summary>
/// <remarks>
/// <para>Source: Devoto et al. 2025, "Expected Attention: KV Cache Compression by Estimating Attention from Future Queries Distribution", arXiv:2510.00636,
/// section 3.</para>
/// <para>Inputs: running mean and covariance of the queries before RoPE, after a norm of heads where the model has one, from the token after the sinks on; keys as
/// cached; ||v||. With R the mean rotation of the next `future` positions, s the factor of scores: logit = s k.R mean + s^2 / 2 k^T R cov R^T k; softmax over the slots
/// after the sinks; mean over the query heads of a KV head; (that + epsilon) ||v||. Output: the sinks and the best of the others. State: layers * heads *
/// (headDim^2 + headDim) floats for each sequence, on the device. Cost: q q^T of every prompt token; at an eviction each key times a matrix of
/// headDim^2 for each query head.</para>
/// <para>Differs from the paper: moments are summed up as the prompt is computed, so it works chunk by chunk and no hidden rows are kept; a soft cap on scores
/// is not looked at; moments stay what they are where tokens are taken back. While decoding nothing leaves, as in the paper.</para>
/// </remarks>
public sealed class ExpectedAttentionPolicy : LayerPolicy
{
    private readonly int _future;
    private readonly float _epsilon;

    /// <summary>Makes it.</summary>
    /// <param name="budget">How much stays.</param>
    /// <param name="sinks">How many first tokens stay, and do not count among the queries. Default: 4.</param>
    /// <param name="future">Over how many positions to come the rotation is averaged. Default: 512.</param>
    /// <param name="epsilon">Added to the expected attention before it is multiplied by the size of values. Default: 0.</param>
    public ExpectedAttentionPolicy(KvBudget budget, int? sinks = null, int? future = null, float? epsilon = null)
        : base(Description, budget)
    {
        (SinkTokens, _future, _epsilon) = (sinks ?? 4, future ?? 512, epsilon ?? 0);
        ArgumentOutOfRangeException.ThrowIfNegative(SinkTokens, nameof(sinks));
        ArgumentOutOfRangeException.ThrowIfLessThan(_future, 1, nameof(future));
        ArgumentOutOfRangeException.ThrowIfNegative(_epsilon, nameof(epsilon));
    }

    /// <summary>What there is to say about it.</summary>
    public static KvPolicyInfo Description { get; } = new("expectedattention", "keeps what queries to come are expected to attend to", "Devoto et al. 2025, arXiv:2510.00636")
    {
        Options =
        [
            new("sinks", "4", "first tokens that stay"),
            new("future", "512", "positions to come that the rotation is averaged over"),
            new("epsilon", "0", "added to the expected attention"),
        ],
    };

    /// <inheritdoc/>
    protected internal override IReadOnlyList<string> Planes => [SlotPlanes.ValueL2];

    /// <inheritdoc/>
    protected internal override KvMoment Evicts => KvMoment.Prefill;

    /// <inheritdoc/>
    protected internal override int SinkTokens { get; }

    /// <inheritdoc/>
    protected internal override bool Watches => true;

    /// <inheritdoc/>
    protected internal override KvPolicyState CreateState(ComputeDevice device, ModelConfig config) => new QueryMoments(device, config, SinkTokens);

    /// <inheritdoc/>
    protected internal override void Watch(in KvLayer layer) => ((QueryMoments)layer.State!).Add(layer);

    /// <inheritdoc/>
    protected internal override void Observe(KvPass pass) => ((QueryMoments)pass.State!).Tokens += pass.NewTokens;

    /// <inheritdoc/>
    protected internal override Tensor Score(KvPass pass)
    {
        Tensor scores = base.Score(pass);
        pass.Device.Reduction.Map(scores, ElementOp.Add, scores, b: _epsilon);
        pass.Device.Reduction.Map(scores, ElementOp.Multiply, scores, pass.Gather(SlotPlanes.ValueL2));
        return scores;
    }

    /// <inheritdoc/>
    protected override void ScoreLayer(KvPass pass, int layer, Tensor scores, Tensor lengths)
    {
        IReduction reduction = pass.Device.Reduction;
        Tensor keys = pass.GatherKeys(layer);
        TurnBack(pass, layer, keys);
        (Tensor means, Tensor covariances) = Moments(pass, layer);
        Tensor logits = pass.Rent(DType.F32, scores.Shape);
        int group = pass.Config.Heads / pass.KvHeads;
        float scale = pass.Config.AttentionScale;
        pass.Device.Fill(scores, 0);
        for (int place = 0; place < group; place++)
        {
            int first = place * pass.KvHeads;
            reduction.QuadraticForms(
                logits, keys, covariances.Rows(first, pass.KvHeads), means.Rows(first, pass.KvHeads), a: scale, b: scale * scale / 2, lengths);
            reduction.SoftmaxRows(logits, logits, lengths, SinkTokens);
            reduction.Map(scores, ElementOp.AddScaled, scores, logits, a: 1f / group);
        }
    }

    // The keys rotated by the transposed mean rotation of the positions to come: their products with queries are then those of the rotated moments.
    private void TurnBack(KvPass pass, int layer, Tensor keys)
    {
        Tensor inverse = pass.Model.InverseOf(layer);
        long pairs = inverse.Shape.ElementCount;
        Tensor backwards = pass.Rent(DType.F32, inverse.Shape);
        pass.Device.Reduction.Map(backwards, ElementOp.Multiply, inverse, b: -1);
        List<int> positions = pass.HostList();
        for (int i = 0; i < _future; i++)
        {
            positions.Add(pass.Length + i);
        }

        Tensor turns = pass.Rent(DType.F32, new Shape(1, _future, 2 * pairs));
        Tensor turn = pass.Rent(DType.F32, new Shape(1, pairs, 2));
        pass.Device.Norm.RopeTable(turns, pass.RentList(positions), backwards, pass.Model.MagnitudeOf(layer));
        pass.Device.Reduction.MeanVectors(turn, turns);
        pass.Device.Norm.Rope(keys.Reshape(new Shape(1, keys.Shape.ElementCount)), (int)keys.Shape[2], turn, pass.Config.RopeLayout);
    }

    // Mean [heads, headDim] and covariance [heads, headDim, headDim] of queries, heads in the order (place in the group, KV head).
    private static (Tensor Means, Tensor Covariances) Moments(KvPass pass, int layer)
    {
        var moments = (QueryMoments)pass.State!;
        IReduction reduction = pass.Device.Reduction;
        int heads = pass.Config.Heads, dim = pass.Config.HeadDim, group = heads / pass.KvHeads;
        List<int> order = pass.HostList();
        for (int i = 0; i < heads; i++)
        {
            order.Add((i % pass.KvHeads * group) + (i / pass.KvHeads));
        }

        Tensor indices = pass.RentList(order);
        Tensor means = pass.Rent(DType.F32, new Shape(heads, dim));
        Tensor covariances = pass.Rent(DType.F32, new Shape(heads, dim, dim));
        Tensor squares = pass.Rent(DType.F32, new Shape(heads, dim, dim));
        var flat = new Shape(heads, (long)dim * dim);
        reduction.GatherRows(means, moments.SumsOf(layer), indices);
        reduction.GatherRows(covariances.Reshape(flat), moments.ProductsOf(layer).Reshape(flat), indices);
        float share = 1f / Math.Max(1, moments.Count);
        reduction.Map(means, ElementOp.Multiply, means, b: share);
        reduction.Map(covariances, ElementOp.Multiply, covariances, b: share);
        pass.Device.Fill(squares, 0);
        reduction.AddOuterProducts(squares, means.Reshape(new Shape(1, (long)heads * dim)));
        reduction.Map(covariances, ElementOp.AddScaled, covariances, squares, a: -1);
        return (means, covariances);
    }
}
