using System;
using Winnow.Kernels;
using Winnow.Kernels.Reduction;

namespace Winnow.Cache.Policies;

/// <summary>Keeps or drops whole chunks of neighbouring tokens, the same in all heads of a layer, so that what belongs together stays together.</summary>
/// <remarks>
/// <para>Source: Liu et al. 2025, "ChunkKV: Semantic-Preserving KV Cache Compression for Efficient Long-Context LLM Inference", arXiv:2502.00299, section 3.</para>
/// <para>Inputs: the inner policy's scores. Score: their sum over the heads of a layer, its mean over each chunk. Output: the best chunks. State: none. Cost: two
/// passes over the scores.</para>
/// <para>Differs from the paper: where the budget ends within a chunk, the chunk's first tokens stay; chunks are counted from the first slot of the cache, hence
/// over what an earlier chunk of the prompt has left; layers do not reuse each other's indices.</para>
/// </remarks>
public sealed class ChunkKvPolicy : WrappingPolicy
{
    private readonly int _chunk;

    /// <summary>Makes it.</summary>
    /// <param name="inner">What scores.</param>
    /// <param name="chunk">Tokens of a chunk. Default: 20.</param>
    public ChunkKvPolicy(KvPolicy inner, int? chunk = null)
        : base(Description, inner)
    {
        _chunk = chunk ?? 20;
        ArgumentOutOfRangeException.ThrowIfLessThan(_chunk, 1, nameof(chunk));
    }

    /// <summary>What there is to say about it.</summary>
    public static KvPolicyInfo Description { get; } = new("chunkkv", "keeps whole chunks of neighbouring tokens", "Liu et al. 2025, arXiv:2502.00299")
    {
        Options = [new("chunk", "20", "tokens of a chunk")],
    };

    /// <inheritdoc/>
    protected internal override Tensor Score(KvPass pass)
    {
        Tensor scores = Inner.Score(pass);
        pass.Device.Reduction.CombineGroups(scores, scores, pass.KvHeads, GroupKind.Sum);
        Tensor chunks = pass.Matrix();
        pass.Device.Reduction.PoolRows(chunks, scores, PoolKind.ChunkMean, _chunk, pass.Lengths);
        return chunks;
    }
}
