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

    /// <summary>
    /// Makes one attention of two of the same queries over slots that have none in common, in the place of the first: out = (a e^(la - m) + b e^(lb - m)) / s and
    /// lse = m + log(s), with m = max(la, lb) and s = e^(la - m) + e^(lb - m), for each token and query head. A part with a log-sum-exp of minus infinity saw
    /// nothing: its values are not read, and the other part keeps its bits; where both saw nothing the result is zeros and minus infinity. (Milakov and
    /// Gimelshein 2018, arXiv:1805.02867.)
    /// </summary>
    /// <param name="output">F32 [tokens, heads * headDim]: the first part, and what comes out.</param>
    /// <param name="logSumExp">F32 [tokens, heads]: the first part's <see cref="AttentionArguments.LogSumExp"/>, and what comes out.</param>
    /// <param name="otherOutput">F32 [tokens, heads * headDim]: the second part.</param>
    /// <param name="otherLogSumExp">F32 [tokens, heads]: its log-sum-exp.</param>
    /// <param name="heads">Query heads.</param>
    void Merge(Tensor output, Tensor logSumExp, Tensor otherOutput, Tensor otherLogSumExp, int heads);
}
