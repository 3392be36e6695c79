using Winnow.Kernels;
using Winnow.Models;

namespace Winnow.Cache.Policies;

/// <summary>
/// A policy that keeps everything and chooses what a step reads of it: nothing leaves the cache, attention reads less. It is the engine's, for all of its
/// sequences.
/// </summary>
public abstract class SparseReadPolicy : CachePolicy
{
    /// <summary>Makes it known by name with its budget.</summary>
    /// <param name="info">What there is to say about it.</param>
    /// <param name="budget">How much a step reads of each head.</param>
    protected SparseReadPolicy(KvPolicyInfo info, KvBudget budget)
        : base(info, budget)
    {
    }

    /// <summary>Whether a step of single tokens is all that it changes; otherwise prompts are read sparsely too.</summary>
    protected internal virtual bool DecodeOnly => true;

    /// <summary>Whether it looks at prompts all the same, which are then read in whole.</summary>
    protected internal virtual bool WatchesPrompts => false;

    /// <summary>What carries it out on a device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="config">The model.</param>
    /// <param name="cache">The cache that it will read.</param>
    /// <param name="maxSequences">Sequences of the largest step.</param>
    /// <param name="maxTokens">Tokens of the largest step.</param>
    protected internal abstract SparseReader CreateReader(ComputeDevice device, ModelConfig config, KvCache cache, int maxSequences, int maxTokens);
}
