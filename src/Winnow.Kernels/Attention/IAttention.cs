using Winnow.Kernels.Cache;

namespace Winnow.Kernels.Attention;

/// <summary>Attention of a ragged batch of queries over the paged cache; prefill and decode are the same call.</summary>
public interface IAttention
{
    /// <summary>
    /// out[t, h] = sum over visible slots j of softmax_j(scale * q[t, h] . k[j, g]) v[j, g], with g = h / (heads / kvHeads).
    /// Keys of the step itself are in the cache already. A query that sees no slot gives zeros, and a log-sum-exp of minus infinity.
    /// The result of a sequence does not depend on what else is in the batch, bit for bit.
    /// </summary>
    /// <param name="output">F32 [tokens, heads * headDim].</param>
    /// <param name="queries">F32 [tokens, heads * headDim], after RoPE.</param>
    /// <param name="cache">The cache.</param>
    /// <param name="batch">The step's tokens.</param>
    /// <param name="arguments">Layer, scale, masks.</param>
    void Forward(Tensor output, Tensor queries, in PagedKv cache, in RaggedBatch batch, in AttentionArguments arguments);
}
